// title: Connect to a self-managed deployment with SCRAM
// language: C#
// driver: MongoDB C# Driver 3.0 or later
// auth: SCRAM
// stable-api: no
// for: self-managed
// tested: syntax only
// install: dotnet add package MongoDB.Driver

using MongoDB.Bson;
using MongoDB.Driver;

// Replace the placeholder with your connection string, or set MONGODB_URI
var uri = Environment.GetEnvironmentVariable("MONGODB_URI") ?? "<mongodb:// connection string>";

try
{
    var settings = MongoClientSettings.FromConnectionString(uri);

    // The client closes where this block ends
    using var client = new MongoClient(settings);
    client.GetDatabase("admin").RunCommand<BsonDocument>(new BsonDocument("ping", 1));
    Console.WriteLine("Pinged your deployment. You are connected to MongoDB!");
}
catch (Exception error)
{
    Console.Error.WriteLine($"Not connected to MongoDB: {error.Message}");
    return 1;
}
return 0;

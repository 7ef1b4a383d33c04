// title: Connect to a self-managed deployment with SCRAM
// language: mongosh
// driver: mongosh 2.0 or later
// auth: SCRAM
// stable-api: no
// for: self-managed
// tested: MongoDB 6.0
// install: npm install --global mongosh

// Run it with: mongosh --nodb --quiet FILE

// Replace the placeholder with your connection string, or set MONGODB_URI
const uri = process.env.MONGODB_URI ?? "<mongodb:// connection string>";

try {
  const mongo = new Mongo(uri);
  mongo.getDB("admin").runCommand({ ping: 1 });
  print("Pinged your deployment. You are connected to MongoDB!");
  mongo.close();
} catch (error) {
  console.error(`Not connected to MongoDB: ${error.message}`);
  quit(1);
}

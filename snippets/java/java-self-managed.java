// title: Connect to a self-managed deployment with SCRAM
// language: Java
// driver: MongoDB Java Driver (sync) 5.0 or later
// auth: SCRAM
// stable-api: no
// for: self-managed
// tested: syntax only
// install: add org.mongodb:mongodb-driver-sync to your Maven or Gradle build

import com.mongodb.ConnectionString;
import com.mongodb.MongoClientSettings;
import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import org.bson.Document;

class Connect {
    public static void main(String[] args) {
        // Replace the placeholder with your connection string, or set MONGODB_URI
        String uri = System.getenv().getOrDefault("MONGODB_URI", "<mongodb:// connection string>");

        try {
            MongoClientSettings settings = MongoClientSettings.builder()
                    .applyConnectionString(new ConnectionString(uri))
                    .build();
            // The client closes where this block ends
            try (MongoClient client = MongoClients.create(settings)) {
                client.getDatabase("admin").runCommand(new Document("ping", 1));
                System.out.println("Pinged your deployment. You are connected to MongoDB!");
            }
        } catch (RuntimeException error) {
            System.err.println("Not connected to MongoDB: " + error.getMessage());
            System.exit(1);
        }
    }
}

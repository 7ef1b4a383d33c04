// title: Connect to a self-managed deployment with SCRAM
// language: Node.js
// driver: MongoDB Node.js Driver 6.0 or later
// auth: SCRAM
// stable-api: no
// for: self-managed
// tested: MongoDB 6.0
// install: npm install mongodb

const { MongoClient } = require("mongodb");

// Replace the placeholder with your connection string, or set MONGODB_URI
const uri = process.env.MONGODB_URI ?? "<mongodb:// connection string>";

async function main() {
  let client;
  try {
    client = new MongoClient(uri);
    await client.db("admin").command({ ping: 1 });
    console.log("Pinged your deployment. You are connected to MongoDB!");
  } catch (error) {
    console.error(`Not connected to MongoDB: ${error.message}`);
    process.exitCode = 1;
  } finally {
    await client?.close();
  }
}

main();

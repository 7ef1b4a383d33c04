// title: Connect to a server on this machine
// language: Node.js
// driver: MongoDB Node.js Driver 6.0 or later
// auth: none
// stable-api: no
// for: local
// tested: MongoDB 4.4, 5.0, 6.0
// install: npm install mongodb

const { MongoClient } = require("mongodb");

// Replace the placeholder with your connection string, or set MONGODB_URI
const uri = process.env.MONGODB_URI ?? "<mongodb:// connection string>";

async function main() {
  let client;
  try {
    client = new MongoClient(uri, { serverSelectionTimeoutMS: 3000 });
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

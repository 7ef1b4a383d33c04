// A program as people write it for the Node driver: connect, ping, read, write.
// PROGRAM holds what it shall do, as JSON: see tests/explain/clients.py.
import { createRequire } from "node:module";

const wanted = JSON.parse(process.env.PROGRAM);
const require = createRequire(process.env.NODE_HOME);
const { MongoClient } = require("mongodb");
const mongoose = require("mongoose");

async function withMongoose() {
  await mongoose.connect(wanted.uri, wanted.options);
  const orders = mongoose.connection.db.collection("orders");
  await orders.findOne({ number: 7 });
  await orders.insertOne({ number: 7 });
  await mongoose.disconnect();
}

async function withDriver() {
  const options = { ...wanted.options };
  if (wanted.api) options.serverApi = { version: "1", ...wanted.api };
  const client = new MongoClient(wanted.uri, options);
  try {
    await client.connect();
    await client.db("admin").command({ ping: 1 });
    const shop = client.db();
    const orders = (shop.databaseName === "test" ? client.db("shop") : shop).collection("orders");
    await orders.findOne({ number: 7 });
    await orders.insertOne({ number: 7 });
  } finally {
    await client.close();
  }
}

const run = wanted.client === "mongoose" ? withMongoose : withDriver;

if (wanted.form === "traceback") {
  await run();
} else {
  run().catch((error) => {
    if (wanted.form === "message") console.error(`Could not connect to MongoDB: ${error.message}`);
    else if (wanted.form === "inspect") console.error(error);
    else console.error(`${error.name}: ${error.message}`);
    process.exitCode = 1;
  });
}

// What people do wrong with the Node driver and with mongoose: run with a name, and URI.
import { createRequire } from "node:module";

const require = createRequire(process.env.NODE_HOME);
const { MongoClient } = require("mongodb");
const mongoose = require("mongoose");
const uri = process.env.URI;
const slow = { $where: "sleep(1500) || true" };

const mistakes = {
  async closed() {
    const client = new MongoClient(uri);
    await client.connect();
    const session = client.startSession();
    await client.close();
    await client.db("shop").collection("orders").findOne({}, { session });
  },
  async pool() {
    const client = new MongoClient(uri, { maxPoolSize: 1, waitQueueTimeoutMS: 300 });
    const orders = client.db("shop").collection("slow");
    await orders.insertOne({ number: 1 });
    orders.find(slow).toArray().catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 300));
    await orders.findOne({});
  },
  async slow() {
    const client = new MongoClient(uri, { socketTimeoutMS: 400, retryReads: false });
    const orders = client.db("shop").collection("slow");
    await orders.insertOne({ number: 1 });
    await orders.find(slow).toArray();
  },
  async transaction() {
    const client = new MongoClient(uri);
    const session = client.startSession();
    await session.withTransaction(() =>
      client.db("shop").collection("orders").insertOne({ number: 7 }, { session }));
  },
  async change_stream() {
    const client = new MongoClient(uri);
    await client.db("shop").collection("orders").watch().next();
  },
  async simple() {
    await new MongoClient(uri, { serverSelectionTimeoutMS: 2000 }).connect();
  },
  async mongoose() {
    await mongoose.connect(uri, { serverSelectionTimeoutMS: 2000 });
    await mongoose.connection.db.admin().ping();
  },
  async unset() {
    await mongoose.connect(process.env.NO_SUCH_VARIABLE);
  },
  async disconnected() {
    await mongoose.connect(uri, { serverSelectionTimeoutMS: 2000 });
    await mongoose.disconnect();
    mongoose.set("bufferTimeoutMS", 500);
    const Order = mongoose.model("Order", new mongoose.Schema({ number: Number }));
    await Order.findOne({});
  },
};

await mistakes[process.argv[2]]();
process.exit(0);

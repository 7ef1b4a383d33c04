// Insert and find until standard input says stop; the driver logs to standard error.
import { createRequire } from 'node:module';

const require = createRequire(process.env.NODE_HOME);
const { MongoClient } = require('mongodb');

const client = new MongoClient(process.env.URI, {
  serverSelectionTimeoutMS: 15000,
  heartbeatFrequencyMS: 1000,
});
await client.connect();
console.log('ready');
const orders = client.db('shop').collection('orders');
let stop = false;
process.stdin.on('data', () => { stop = true; });
for (let number = 0; !stop; number++) {
  await orders.insertOne({ number });
  await orders.findOne({});
  await new Promise((resolve) => setTimeout(resolve, 200));
}
await client.close();
process.exit(0);

"""Motor on Tornado: a handler that asks the database, and a request for it."""

import json
import os

import motor
import tornado.httpclient
import tornado.web
from tornado.ioloop import IOLoop
from tornado.netutil import bind_sockets


class Things(tornado.web.RequestHandler):
    async def get(self):
        db = self.settings["db"]
        things = []
        async for thing in db.things.aggregate([{"$sort": {"_id": 1}}]):
            things.append(thing)
        self.write({"things": things, "count": await db.things.count_documents({})})


async def main():
    client = motor.MotorClient(os.environ["MONGODB_URI"])
    db = client["motor_programs_tornado"]
    await client.drop_database("motor_programs_tornado")
    await db.things.insert_many([{"_id": n} for n in range(3)])
    app = tornado.web.Application([("/", Things)], db=db)
    sockets = bind_sockets(0, "127.0.0.1")
    server = tornado.httpserver.HTTPServer(app)
    server.add_sockets(sockets)
    port = sockets[0].getsockname()[1]
    answer = await tornado.httpclient.AsyncHTTPClient().fetch(f"http://127.0.0.1:{port}/")
    print(json.loads(answer.body))
    server.stop()
    await client.drop_database("motor_programs_tornado")
    client.close()


IOLoop.current().run_sync(main)

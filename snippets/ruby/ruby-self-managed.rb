# title: Connect to a self-managed deployment with SCRAM
# language: Ruby
# driver: MongoDB Ruby Driver 2.15 or later
# auth: SCRAM
# stable-api: no
# for: self-managed
# tested: syntax only
# install: gem install mongo

require "mongo"

# Replace the placeholder with your connection string, or set MONGODB_URI
uri = ENV.fetch("MONGODB_URI", "<mongodb:// connection string>")

begin
  client = Mongo::Client.new(uri)
  client.use("admin").database.command(ping: 1)
  puts "Pinged your deployment. You are connected to MongoDB!"
rescue StandardError => error
  warn "Not connected to MongoDB: #{error.message}"
  exit 1
ensure
  client&.close
end

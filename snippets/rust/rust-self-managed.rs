// title: Connect to a self-managed deployment with SCRAM
// language: Rust
// driver: MongoDB Rust Driver 3.0 or later
// auth: SCRAM
// stable-api: no
// for: self-managed
// tested: syntax only
// install: cargo add mongodb tokio --features tokio/full

use mongodb::bson::doc;
use mongodb::options::ClientOptions;
use mongodb::Client;

#[tokio::main]
async fn main() {
    if let Err(error) = connect().await {
        eprintln!("Not connected to MongoDB: {error}");
        std::process::exit(1);
    }
}

async fn connect() -> mongodb::error::Result<()> {
    // Replace the placeholder with your connection string, or set MONGODB_URI
    let uri = std::env::var("MONGODB_URI").unwrap_or("<mongodb:// connection string>".to_string());

    let mut options = ClientOptions::parse(&uri).await?;

    let client = Client::with_options(options)?;
    client
        .database("admin")
        .run_command(doc! { "ping": 1 })
        .await?;
    println!("Pinged your deployment. You are connected to MongoDB!");
    client.shutdown().await;
    Ok(())
}

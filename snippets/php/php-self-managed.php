<?php
// title: Connect to a self-managed deployment with SCRAM
// language: PHP
// driver: MongoDB PHP Library 1.15 or later
// auth: SCRAM
// stable-api: no
// for: self-managed
// tested: syntax only
// install: composer require mongodb/mongodb

require __DIR__ . '/vendor/autoload.php';

use MongoDB\Client;

// Replace the placeholder with your connection string, or set MONGODB_URI
$uri = getenv("MONGODB_URI") ?: "<mongodb:// connection string>";

try {
    // The connections close when the program ends
    $client = new Client($uri);
    $client->selectDatabase('admin')->command(['ping' => 1]);
    echo "Pinged your deployment. You are connected to MongoDB!\n";
} catch (Throwable $error) {
    fwrite(STDERR, "Not connected to MongoDB: {$error->getMessage()}\n");
    exit(1);
}

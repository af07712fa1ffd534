"""The record: what people at the desk did and read, append-only and chained."""

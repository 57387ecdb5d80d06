"""Documents of other shapes as records of our feeds: chat transcripts so far."""

"""One batch, from the landing zone into the raw store: read, validated, redacted, committed."""

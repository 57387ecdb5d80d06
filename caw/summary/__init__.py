"""The summary that a person reads when a run is over."""

"""One folder a peer: how its project is laid out and which commands do each job."""

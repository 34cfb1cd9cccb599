"""What is kept back from a reader, and until when. `eyes` alone decides it: every list, count and page asks there."""

"""The gate's workshop: pictures of every family in, one small bundle out (`python -m training gate`)."""

"""The workstation around a picture: keys, mouse, a prior beside it, what comes next."""

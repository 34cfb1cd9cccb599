"""The workshop: folders of images in, a bundle that the app serves out. Never Django, never cases."""

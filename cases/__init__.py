"""The product: what staff do with a case. Django and inference; never tensorflow, keras, gradio or training."""

"""Two small pretrained transformers, read without PyTorch, and the mathematics they are made of.

A transformer turns a sequence of tokens into matrices: one row a token, one matrix a layer.
"""

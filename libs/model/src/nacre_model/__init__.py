"""Nacre's Python tasks: tokenizers, tiny bases, tokens, training, logits, merging.

Run one as `python -m nacre_model TASK --request request.json`; the request, event and result
documents are described by the JSON Schemas in `schemas/`.
"""

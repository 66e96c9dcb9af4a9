"""Nacre's 8-bit quantization: GPTQ, Int8Linear, the compressed-tensors layout, checks, and two tasks.

The tasks `quantize` and `predict` register with nacre_model when `nacre_quantization.tasks` is
named in NACRE_TASK_MODULES.
"""

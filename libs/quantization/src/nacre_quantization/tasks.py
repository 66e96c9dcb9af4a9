"""The module to name in NACRE_TASK_MODULES: importing it registers `quantize` and `predict`."""

from nacre_quantization.predict import predict
from nacre_quantization.quantize import quantize

__all__ = ["predict", "quantize"]

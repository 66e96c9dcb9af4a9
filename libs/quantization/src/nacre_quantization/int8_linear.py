"""A linear layer that keeps its weight as int8 codes and bfloat16 scales."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from nacre_quantization.gptq import QuantizedWeight, dequantize


class Int8Linear(nn.Module):
    """y = x Wᵀ + b with W = codes * scales, dequantized to the dtype of x in every call and then let go.

    codes: int8 (out, in). scales: bfloat16 (out, in / group); one column = one scale per output
    channel. bias: (out,) or None. Nothing is cached: between calls the layer holds little over half
    the bytes of a 16-bit weight, where transformers expands a compressed-tensors weight for good.
    For inference only: no gradient reaches codes or scales.
    """

    codes: Tensor
    scales: Tensor
    bias: Tensor | None

    def __init__(self, codes: Tensor, scales: Tensor, bias: Tensor | None = None) -> None:
        super().__init__()
        self.register_buffer("codes", codes)
        self.register_buffer("scales", scales)
        self.register_buffer("bias", bias)

    @property
    def quantized_weight(self) -> QuantizedWeight:
        """Codes and scales together."""
        return QuantizedWeight(self.codes, self.scales)

    @property
    def weight_bytes(self) -> int:
        """Bytes of codes and scales, all that stands for the weight."""
        return self.codes.nbytes + self.scales.nbytes

    def forward(self, x: Tensor) -> Tensor:
        """(…, in) → (…, out) in the dtype of x."""
        return functional.linear(x, dequantize(self.codes, self.scales, x.dtype), self.bias)

    def extra_repr(self) -> str:
        """Shape and group, as print(model) shows them."""
        rows, columns = self.codes.shape
        return f"in_features={columns}, out_features={rows}, group_size={self.quantized_weight.group_size}"


def int8_linears(model: nn.Module) -> dict[str, Int8Linear]:
    """Every Int8Linear of a model by name."""
    return {name: module for name, module in model.named_modules() if isinstance(module, Int8Linear)}

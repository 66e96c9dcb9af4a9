import json

import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file
from torch import nn

from nacre_model.adapters import (
    AdapterWeights,
    LoRALinear,
    add_to_base,
    attach,
    backbone_linears,
    detached,
    initial_adapter,
    read_adapter,
    write_adapter,
)
from nacre_model.models import classify, load_classifier
from nacre_model.protocol import ContractViolation

FAMILIES = ["llama", "qwen2", "gemma2"]
IDS = torch.tensor([[1, 5, 9, 20, 31], [1, 7, 8, 0, 0]])
LENGTHS = torch.tensor([5, 3])


def logits(model):
    with torch.inference_mode():
        return classify(model, IDS, LENGTHS)


def learned(model, seed=0, rank=4, alpha=6.0):
    """An adapter that has moved away from its start, head included."""
    fresh = initial_adapter(model, rank, alpha, seed=1)
    generator = torch.Generator().manual_seed(seed)
    factors = {
        name: (A, torch.randn(B.shape, generator=generator) * 0.1) for name, (A, B) in fresh.factors.items()
    }
    head = torch.randn(fresh.head.shape, generator=generator) * 0.3
    return AdapterWeights(rank, alpha, factors, head)


@pytest.fixture
def model(base):
    return lambda family: load_classifier(base(family), 3, "float32", head_seed=5)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_new_adapter_is_on_every_linear_of_the_backbone_and_changes_nothing(model, family):
    plain, adapted = model(family), model(family)
    fresh = initial_adapter(adapted, 4, 8, seed=1)
    assert len(fresh.factors) == 2 * 7
    attach(adapted, fresh, trainable=True)
    assert torch.allclose(logits(adapted), logits(plain), atol=1e-6)


def test_only_factors_and_head_learn(model):
    adapted = model("llama")
    attach(adapted, initial_adapter(adapted, 4, 8, seed=1), trainable=True)
    trained = {name for name, parameter in adapted.named_parameters() if parameter.requires_grad}
    assert len(trained) == 2 * 7 * 2 + 1
    assert all(name.endswith(("lora_A", "lora_B", "score.weight")) for name in trained)
    classify(adapted, IDS, LENGTHS).sum().backward()
    assert all((parameter.grad is not None) == parameter.requires_grad for parameter in adapted.parameters())


def test_the_start_of_a_factor_depends_on_the_seed_and_its_name_alone(model):
    one, two = (initial_adapter(model("llama"), 4, 8, seed=1) for _ in range(2))
    other = initial_adapter(model("llama"), 4, 8, seed=2)
    starts = {name: A for name, (A, _) in one.factors.items()}
    assert all(torch.equal(starts[name], two.factors[name][0]) for name in starts)
    assert all(not torch.equal(starts[name], other.factors[name][0]) for name in starts)
    q, k = (starts[f"model.layers.0.self_attn.{part}_proj"] for part in "qk")
    assert not torch.equal(q, k)
    # peft's kaiming-uniform: within 1 / sqrt(in), and filling that range.
    assert 0.9 * 32**-0.5 < q.abs().max() <= 32**-0.5
    assert all(not B.any() for _, B in one.factors.values())


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_both_ways_to_compute_an_adapted_linear_agree_in_value_and_gradient(dtype):
    torch.manual_seed(0)
    base = nn.Linear(64, 48, dtype=dtype).requires_grad_(False)
    linear = LoRALinear(base, torch.randn(8, 64, dtype=dtype), torch.randn(48, 8, dtype=dtype), 0.5)
    inputs = torch.randn(3, 7, 64, dtype=dtype, requires_grad=True)
    results = []
    for summed in (True, False):
        linear.sums_weight = summed
        linear.zero_grad()
        inputs.grad = None
        output = linear(inputs)
        output.square().sum().backward()
        results.append([output.detach(), inputs.grad, linear.lora_A.grad.clone(), linear.lora_B.grad.clone()])
    tolerance = 1e-5 if dtype == torch.float32 else 1e-13
    for one, other in zip(*results, strict=True):
        assert (one - other).norm() <= tolerance * one.norm()


def test_a_base_in_bfloat16_is_never_summed_with_its_update():
    base = nn.Linear(16, 16, dtype=torch.bfloat16)
    linear = LoRALinear(base, torch.ones(4, 16), torch.ones(16, 4), 1e-4)
    assert not linear.sums_weight
    assert linear.lora_A.dtype == torch.float32
    assert linear(torch.ones(1, 16, dtype=torch.bfloat16)).dtype == torch.bfloat16


@pytest.mark.parametrize("family", FAMILIES)
def test_peft_loads_the_folder_to_the_same_logits(model, family, tmp_path):
    adapted = model(family)
    weights = learned(adapted)
    write_adapter(tmp_path, weights)
    attach(adapted, weights)
    theirs = PeftModel.from_pretrained(model(family), str(tmp_path)).eval()
    assert (logits(theirs) - logits(adapted)).abs().max() < 1e-5
    assert (logits(theirs) - logits(model(family))).abs().max() > 1e-2


@pytest.mark.parametrize("family", FAMILIES)
def test_a_folder_that_peft_wrote_gives_the_same_logits_here(model, family, tmp_path):
    config = LoraConfig(
        task_type="SEQ_CLS", r=4, lora_alpha=6, target_modules="all-linear", init_lora_weights=False
    )
    theirs = get_peft_model(model(family), config).eval()
    nn.init.normal_(theirs.get_base_model().score.modules_to_save["default"].weight)
    theirs.save_pretrained(tmp_path)
    ours = model(family)
    attach(ours, read_adapter(tmp_path))
    assert (logits(theirs) - logits(ours)).abs().max() < 1e-5


@pytest.mark.parametrize("family", FAMILIES)
def test_adding_the_adapter_to_the_base_gives_the_logits_of_the_attached_one(model, family):
    attached, dense = model(family), model(family)
    weights = learned(attached)
    attach(attached, weights)
    add_to_base(dense, weights)
    assert set(backbone_linears(dense)) == set(weights.factors)
    assert not any(isinstance(module, LoRALinear) for module in dense.modules())
    assert (logits(attached) - logits(dense)).abs().max() < 1e-5


def test_a_written_adapter_reads_back_and_equal_weights_give_equal_bytes(model, tmp_path):
    weights = learned(model("llama"))
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        write_adapter(tmp_path / name, weights)
    again = read_adapter(tmp_path / "one")
    assert (again.rank, again.alpha) == (4, 6.0)
    assert torch.equal(again.head, weights.head)
    for name, (A, B) in weights.factors.items():
        assert torch.equal(again.factors[name][0], A)
        assert torch.equal(again.factors[name][1], B)
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert names == ["adapter_config.json", "adapter_model.safetensors"]
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_the_folder_names_no_path_and_no_other_artifact(model, tmp_path):
    write_adapter(tmp_path, learned(model("llama")))
    config = json.loads((tmp_path / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == ""
    assert config["modules_to_save"] == ["score"]
    assert config["task_type"] == "SEQ_CLS"
    assert "q_proj" in config["target_modules"]


def test_an_adapter_taken_off_a_model_is_the_one_that_was_attached(model):
    adapted = model("qwen2")
    weights = learned(adapted)
    attach(adapted, weights)
    again = detached(adapted, weights.alpha)
    assert again.rank == 4
    assert torch.equal(again.head, weights.head)
    assert all(
        torch.equal(one, other)
        for name in weights.factors
        for one, other in zip(weights.factors[name], again.factors[name], strict=True)
    )


def test_an_adapter_of_another_base_or_head_is_refused_by_name(model):
    llama = model("llama")
    weights = learned(llama)
    name = "model.layers.1.mlp.down_proj"
    fewer = {key: value for key, value in weights.factors.items() if key != name}
    with pytest.raises(ContractViolation, match=name):
        attach(llama, AdapterWeights(4, 6.0, fewer, weights.head))
    wider = {**weights.factors, name: (torch.zeros(4, 65), torch.zeros(32, 4))}
    with pytest.raises(ContractViolation, match=name):
        add_to_base(llama, AdapterWeights(4, 6.0, wider, weights.head))
    with pytest.raises(ContractViolation, match="head"):
        attach(llama, AdapterWeights(4, 6.0, weights.factors, weights.head[:2]))


def test_a_folder_that_is_not_plain_lora_with_a_head_is_refused(model, tmp_path):
    with pytest.raises(ContractViolation, match="not an adapter folder"):
        read_adapter(tmp_path)
    write_adapter(tmp_path, learned(model("llama")))
    config, path = tmp_path / "adapter_config.json", tmp_path / "adapter_model.safetensors"
    tensors, document = load_file(path), json.loads(config.read_text())

    config.write_text(json.dumps({**document, "use_dora": True}))
    with pytest.raises(ContractViolation, match="use_dora"):
        read_adapter(tmp_path)
    config.write_text(json.dumps(document))

    head = "base_model.model.score.weight"
    save_file({key: value for key, value in tensors.items() if key != head}, path)
    with pytest.raises(ContractViolation, match=head):
        read_adapter(tmp_path)

    missing = "base_model.model.model.layers.0.mlp.up_proj.lora_B.weight"
    save_file({key: value for key, value in tensors.items() if key != missing}, path)
    with pytest.raises(ContractViolation, match=r"layers\.0\.mlp\.up_proj\.lora_A"):
        read_adapter(tmp_path)

    save_file({**tensors, "base_model.model.extra": torch.zeros(1)}, path)
    with pytest.raises(ContractViolation, match=r"base_model\.model\.extra"):
        read_adapter(tmp_path)

    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ContractViolation, match="not an adapter folder"):
        read_adapter(tmp_path)

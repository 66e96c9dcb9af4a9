"""A step that is not finite is done once more: the same again is the data's or recipe's fault, else the device's."""

import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file
from training_runs import events, loop_of

from nacre_model.adapters import AdapterWeights, read_adapter, write_adapter
from nacre_model.protocol import DeviceFault, NonFiniteLoss
from nacre_model.training import train


def refusal(loop, error):
    """Run a loop into an error; returns its message once nothing that is trained has changed in that step."""
    optimizer, before = loop.new_optimizer(), {}
    loop.new_optimizer = lambda: optimizer
    refuse = loop.refuse

    def state():
        moments = {
            f"{name}.{moment}": value
            for name, parameter in loop.trained.items()
            for moment, value in optimizer.state[parameter].items()
        }
        return {name: tensor.detach().clone() for name, tensor in {**loop.trained, **moments}.items()}

    def watched(step, figures):
        before.update(state())
        refuse(step, figures)

    loop.refuse = watched
    with pytest.raises(error) as raised:
        loop.run()
    after = state()
    assert after.keys() == before.keys()
    assert all(torch.equal(tensor, before[name]) for name, tensor in after.items())
    assert all(parameter.grad is None for parameter in loop.trained.values()) or error is DeviceFault
    return str(raised.value)


def test_a_row_that_makes_the_loss_infinite_is_named_with_its_step_and_the_tensor(
    job, base, toy_rows, tmp_path
):
    broken = tmp_path / "broken"
    shutil.copytree(base("llama"), broken)
    tensors = load_file(broken / "model.safetensors")
    tensors["model.embed_tokens.weight"][8] = float("nan")
    save_file(tensors, broken / "model.safetensors", {"format": "pt"})
    rows = toy_rows(40)
    rows[11] = (*rows[11][:2], [1, 8, 12, 3], 0)
    run = job(rows=rows, inputs={"base": broken})
    message = refusal(loop_of(run), NonFiniteLoss)
    failed = len(events(run, "step-end")) + 1
    assert failed > 1
    assert message.startswith(f"step {failed}: loss or gradient is not finite, twice; rows that cause it: ")
    assert "toy:0005 (swapped) (1 of 16)" in message
    assert "first tensor that is not finite: model.embed_tokens.weight itself" in message
    with pytest.raises(NonFiniteLoss):
        train(run)
    assert not list(run.output.iterdir())


def test_a_gradient_that_overflows_is_named_where_every_weight_is_finite(job, tmp_path):
    earlier = job()
    train(earlier)
    trained = read_adapter(earlier.output)
    name = "model.layers.1.mlp.down_proj"
    A, B = trained.factors[name]
    huge = {**trained.factors, name: (torch.full_like(A, 1e30), torch.full_like(B, 1e30))}
    (tmp_path / "huge").mkdir()
    write_adapter(tmp_path / "huge", AdapterWeights(trained.rank, trained.alpha, huge, trained.head))
    message = refusal(loop_of(job(inputs={"adapter": tmp_path / "huge"})), NonFiniteLoss)
    assert message.startswith("step 1: ")
    assert "(16 of 16)" in message
    assert (
        "first tensor that is not finite: the gradient of model.layers.0.self_attn.q_proj.lora_A" in message
    )


NAN, INFINITE = float("nan"), float("inf")


@pytest.mark.parametrize("values", [(NAN, None), (NAN, -INFINITE)], ids=["finite then", "another value"])
def test_a_step_that_comes_out_differently_the_second_time_is_the_devices_fault(job, values):
    run = job(budget=100_000)
    loop = loop_of(run)
    calls = 0

    # The fault that cannot be had: a head that computes nonsense in one call.
    def fault(module, inputs, output):
        nonlocal calls
        calls += 1
        value = dict(zip((2, 3), values, strict=True)).get(calls)
        return None if value is None else output.masked_fill(torch.tensor([False, True, False]), value)

    loop.model.score.register_forward_hook(fault)
    message = refusal(loop, DeviceFault)
    assert message.startswith("step 2: loss nan and gradient norm nan became ")
    assert [event["step"] for event in events(run, "step-end")] == [1]
    assert calls == 3

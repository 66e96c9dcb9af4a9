import shutil

import numpy as np
import pytest
import torch
from peft import PeftModel
from safetensors.torch import load_file
from tokenizers import Tokenizer, models
from training_runs import FAMILIES, FILES, history, loop_of
from transformers import AutoModelForCausalLM

from nacre_model.adapters import read_adapter
from nacre_model.models import classify, load_classifier
from nacre_model.protocol import ContractViolation
from nacre_model.training import starting_adapter, train


def test_only_adapter_and_head_change(job):
    run = job()
    loop = loop_of(run)
    before = {name: p.detach().clone() for name, p in loop.model.named_parameters()}
    loop.run()
    for name, parameter in loop.model.named_parameters():
        learns = name.endswith(("lora_A", "lora_B", "score.weight"))
        assert torch.equal(parameter, before[name]) != learns, name
        assert (parameter.grad is None) or learns


def test_a_carried_over_adapter_gives_its_factors_but_not_its_head(job, tmp_path):
    earlier = job(learning_rate=2e-2)
    train(earlier)
    run = job(inputs={"adapter": earlier.output})
    model = load_classifier(run.input("base"), 3, "float32", run.parameters["seed"])
    start, carried = starting_adapter(run, model), read_adapter(earlier.output)
    for name, (A, B) in carried.factors.items():
        assert torch.equal(start.factors[name][0], A)
        assert torch.equal(start.factors[name][1], B)
    assert torch.equal(start.head, model.score.weight)
    assert not torch.equal(start.head, carried.head)
    train(run)
    with pytest.raises(ContractViolation, match="rank 4 and alpha 8, the parameters 2 and 8"):
        train(job(inputs={"adapter": earlier.output}, adapter={"rank": 2, "alpha": 8, "dropout": 0.0}))


def test_a_kept_head_is_that_of_the_adapter_and_the_seeds_where_there_is_none(job):
    earlier = job(learning_rate=2e-2, head={"init": "keep"})
    train(earlier)
    fresh = job(learning_rate=2e-2)
    train(fresh)
    assert (earlier.output / FILES[1]).read_bytes() == (fresh.output / FILES[1]).read_bytes()
    run = job(inputs={"adapter": earlier.output}, head={"init": "keep"})
    model = load_classifier(run.input("base"), 3, "float32", run.parameters["seed"])
    assert torch.equal(starting_adapter(run, model).head, read_adapter(earlier.output).head)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_head_of_words_gives_the_logits_that_the_language_model_has_for_them(job, base, tmp_path, family):
    """In full against transformers' own causal model; gemma2's soft-cap of the logits is undone."""
    folder = tmp_path / "with-tokenizer"
    shutil.copytree(base(family), folder)
    vocabulary = {"A": 5, "B": 6, "t": 7, "i": 8, "e": 9, "[UNK]": 0}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, continuing_subword_prefix="", unk_token="[UNK]"))
    tokenizer.save(str(folder / "tokenizer.json"))
    run = job(family, inputs={"base": folder}, head={"init": "lm_head_tokens"})
    loop = loop_of(run)
    ids = torch.tensor([[1, 20, 30, 40, 11], [1, 9, 8, 7, 6]])
    causal = AutoModelForCausalLM.from_pretrained(folder, attn_implementation="eager").eval()
    with torch.inference_mode():
        ours = classify(loop.model, ids, torch.tensor([5, 5]))
        theirs = causal(ids).logits[:, -1].double()
    cap = getattr(causal.config, "final_logit_softcapping", None)
    theirs = theirs if cap is None else cap * torch.atanh(theirs / cap)
    wanted = torch.stack([theirs[:, 5], theirs[:, 6], theirs[:, [7, 8, 9]].mean(1)], dim=1)
    assert torch.allclose(ours.double(), wanted, atol=2e-5)
    assert ours.std() > 0.1


def test_words_that_a_tokenizer_does_not_know_apart_make_no_head(job, base, tmp_path):
    folder = tmp_path / "with-tokenizer"
    shutil.copytree(base("llama"), folder)
    with pytest.raises(ContractViolation, match=r"needs the base's tokenizer\.json"):
        train(job(inputs={"base": folder}, head={"init": "lm_head_tokens"}))
    Tokenizer(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]")).save(str(folder / "tokenizer.json"))
    with pytest.raises(ContractViolation, match="does not tell A, B, tie apart"):
        train(job(inputs={"base": folder}, head={"init": "lm_head_tokens"}))


def test_every_fold_starts_from_the_same_factors_and_head(job, folds_folder, tmp_path):
    folds = folds_folder(
        tmp_path / "folds", [(f"toy:{n:04d}", "toy", n % 2, False, [n % 2]) for n in range(40)]
    )
    starts = []
    for fold in (0, 1):
        run = job(inputs={"folds": folds}, fold=fold)
        starts.append(
            starting_adapter(run, load_classifier(run.input("base"), 3, "float32", run.parameters["seed"]))
        )
    assert torch.equal(starts[0].head, starts[1].head)
    assert all(torch.equal(A, starts[1].factors[name][0]) for name, (A, _) in starts[0].factors.items())


def test_a_bfloat16_base_trains_float32_factors(job, toy_rows):
    run = job("qwen2", rows=toy_rows(80), dtype="bfloat16", epochs=3, learning_rate=1e-2)
    loop = loop_of(run)
    dtypes = {p.dtype for p in loop.model.parameters() if p.requires_grad}
    assert dtypes == {torch.float32}
    assert loop.model.model.layers[0].mlp.up_proj.base.weight.dtype == torch.bfloat16
    train(run)
    losses = [step["loss"] for step in history(run)]
    assert np.mean(losses[-5:]) < 0.7 * np.mean(losses[:5])
    assert all(tensor.dtype == torch.float32 for tensor in load_file(run.output / FILES[1]).values())


def test_peft_takes_the_trained_folder(job, base):
    run = job("gemma2")
    train(run)
    model = PeftModel.from_pretrained(load_classifier(base("gemma2"), 3, "float32", 0), str(run.output))
    assert torch.equal(model.get_base_model().score.weight, read_adapter(run.output).head)

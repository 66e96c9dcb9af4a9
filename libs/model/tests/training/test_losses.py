import numpy as np
import pytest
import torch
from scipy.spatial.distance import jensenshannon

from nacre_model.losses import (
    LossWeights,
    centred_squared_error,
    cosine_distance,
    cross_entropy,
    distillation_loss,
    js_divergence,
    kl_divergence,
)
from nacre_model.source_losses import SourceLosses

UNIFORM = torch.zeros(1, 3)
# Probabilities 1/2, 1/4, 1/4.
TEACHER = torch.tensor([[0.5, 0.25, 0.25]]).log()
LABEL = torch.tensor([0])

# By hand: log 3; log 3 - 1.5 log 2; 1 - (1/3) / (sqrt(3/8) sqrt(1/3)).
CE = 1.0986123
KL = 0.0588915
COSINE = 0.0571910
# With the middle (5, 7/2, 7/2) / 12: 1/2 KL(uniform || middle) + 1/2 KL(teacher || middle).
JS = 0.0143626


def random_case(rows=5, teachers=2, labels=3, dtype=torch.float64):
    generator = torch.Generator().manual_seed(3)
    student = 2 * torch.randn(rows, labels, generator=generator, dtype=dtype)
    others = 2 * torch.randn(rows, teachers, labels, generator=generator, dtype=dtype)
    return student.requires_grad_(), torch.arange(rows) % labels, others


def test_terms_equal_the_constants_worked_out_by_hand():
    assert cross_entropy(UNIFORM, LABEL).item() == pytest.approx(CE, abs=1e-6)
    assert kl_divergence(UNIFORM, TEACHER).item() == pytest.approx(KL, abs=1e-6)
    assert cosine_distance(UNIFORM, TEACHER).item() == pytest.approx(COSINE, abs=1e-6)


@pytest.mark.parametrize("temperature", [1.0, 2.5])
def test_the_jensen_shannon_divergence_equals_scipys(temperature):
    student, _, teachers = random_case()
    ours = js_divergence(student.detach().unsqueeze(1), teachers, temperature)
    for row in range(5):
        for teacher in range(2):
            pair = (
                (logits / temperature).softmax(-1)
                for logits in (student[row].detach(), teachers[row, teacher])
            )
            # SciPy returns the distance, the root of the divergence.
            assert ours[row, teacher].item() == pytest.approx(jensenshannon(*pair) ** 2, abs=1e-12)
    far = torch.tensor([[900.0, -900.0, 0.0]])
    assert js_divergence(far, -far).item() == pytest.approx(0.6931472, abs=1e-6)


def test_the_squared_error_of_logits_does_not_see_what_a_softmax_does_not():
    # By hand: centred (1, 0, -1) and (2, -1, -1): (1 + 1 + 0) / 3.
    student, teacher = torch.tensor([[1.0, 0.0, -1.0]]), torch.tensor([[7.0, 4.0, 4.0]])
    assert centred_squared_error(student, teacher).item() == pytest.approx(2 / 3, abs=1e-6)
    assert centred_squared_error(student + 5, teacher - 3).item() == pytest.approx(2 / 3, abs=1e-5)


def test_a_temperature_softens_both_sides_of_the_kl_term():
    # At temperature 2 the teacher has sqrt(2) - 1 and twice 1 - sqrt(1/2).
    assert kl_divergence(UNIFORM, TEACHER, 2.0).item() == pytest.approx(0.0142215, abs=1e-6)


def test_a_student_equal_to_its_teacher_has_no_distance():
    assert kl_divergence(TEACHER + 5, TEACHER).item() == pytest.approx(0, abs=1e-6)
    assert cosine_distance(TEACHER + 5, TEACHER).item() == pytest.approx(0, abs=1e-6)


def test_the_default_is_the_winners_mean_of_one_plus_two_terms_per_teacher():
    teachers = torch.stack([TEACHER, UNIFORM], dim=1)
    loss = distillation_loss(UNIFORM, LABEL, teachers, LossWeights())
    assert loss.item() == pytest.approx((CE + KL + COSINE + 0 + 0) / 5, abs=1e-6)


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        (LossWeights(2, 0.5, 0), (2 * CE + 0.5 * KL) / 2),
        (LossWeights(0, 1, 0), KL),
        (LossWeights(0, 0, 3), 3 * COSINE),
        (LossWeights(1, 0, 0), CE),
        # Centred logits of the teacher: (2, -1, -1) log(2) / 3, whose mean square is 2 log(2)^2 / 9.
        (LossWeights(0, 0, 0, logit_mse=3), 3 * 0.1067674),
        (LossWeights(1, 1, 0, js=2), (CE + KL + 2 * JS) / 3),
    ],
)
def test_weights_scale_terms_and_a_weight_of_zero_takes_its_term_out_of_the_mean(weights, expected):
    loss = distillation_loss(UNIFORM, LABEL, TEACHER.unsqueeze(1), weights)
    assert loss.item() == pytest.approx(expected, abs=1e-6)


def test_without_teachers_the_loss_is_cross_entropy_whatever_the_weights():
    student, labels, _ = random_case()
    loss = distillation_loss(student, labels, torch.empty(5, 0, 3), LossWeights(0, 1, 1))
    assert torch.equal(loss, cross_entropy(student, labels))


@pytest.mark.parametrize("labels", [2, 3])
@pytest.mark.parametrize("weights", [LossWeights(), LossWeights(0.3, 2.0, 0.7, 2.5, 1.5, 0.4)])
def test_gradients_agree_with_finite_differences_in_double_precision(labels, weights):
    student, votes, teachers = random_case(labels=labels)
    assert torch.autograd.gradcheck(
        lambda logits: distillation_loss(logits, votes, teachers, weights), student
    )


def test_the_gradient_of_the_kl_term_is_the_difference_of_the_softmaxes_over_the_temperature():
    student, _, teachers = random_case(teachers=1)
    kl_divergence(student, teachers[:, 0], 2.0).sum().backward()
    expected = ((student / 2).softmax(-1) - (teachers[:, 0] / 2).softmax(-1)) / 2
    assert torch.allclose(student.grad, expected, atol=1e-12)


def test_single_precision_agrees_with_double_to_rounding():
    student, votes, teachers = random_case()
    exact = distillation_loss(student, votes, teachers, LossWeights())
    single = distillation_loss(student.float(), votes, teachers.float(), LossWeights())
    assert torch.allclose(single.double(), exact, atol=1e-6)


def test_one_row_does_not_look_at_another():
    student, votes, teachers = random_case()
    alone = distillation_loss(student[2:3], votes[2:3], teachers[2:3], LossWeights())
    assert torch.allclose(distillation_loss(student, votes, teachers, LossWeights())[2], alone[0], atol=1e-12)


def test_extreme_logits_stay_finite():
    far = torch.tensor([[200.0, -200.0, 0.0]], requires_grad=True)
    loss = distillation_loss(far, torch.tensor([1]), (-far.detach()).unsqueeze(1), LossWeights())
    loss.sum().backward()
    assert torch.isfinite(loss).all()
    assert torch.isfinite(far.grad).all()


LOSSES = {"cross_entropy": 1, "kl": 1, "cosine": 1, "temperature": 1}
IDS = ["own:1", "given:1", "own:2", "other:1", "given:2"]


def test_rows_of_a_source_have_the_weights_that_are_given_to_it():
    student, votes, teachers = random_case()
    by_source = {"given": {"cross_entropy": 0, "kl": 3, "js": 1}}
    losses = SourceLosses({**LOSSES, "by_source": by_source}, IDS)
    usual = distillation_loss(student, votes, teachers, LossWeights())
    given = distillation_loss(student, votes, teachers, LossWeights(0, 3, 1, js=1))
    expected = torch.stack([usual[0], given[1], usual[2], usual[3], given[4]])
    rows = np.arange(5)
    assert torch.allclose(losses(rows, student, votes, teachers), expected, atol=1e-12)
    assert losses.needs_votes.tolist() == [True, False, True, True, False]
    assert torch.autograd.gradcheck(lambda logits: losses(rows, logits, votes, teachers), student)


def test_a_source_without_a_loss_has_no_influence():
    student, votes, teachers = random_case()
    nothing = {"cross_entropy": 0, "kl": 0, "cosine": 0}
    losses = SourceLosses({**LOSSES, "by_source": {"given": nothing}}, IDS)
    losses(np.arange(5), student, votes, teachers).sum().backward()
    assert student.grad[[1, 4]].abs().max() == 0
    assert student.grad[[0, 2, 3]].abs().min() > 0


def test_without_weights_of_their_own_sources_have_the_bits_of_the_common_loss():
    student, votes, teachers = random_case(dtype=torch.float32)
    losses = SourceLosses(LOSSES, IDS)
    expected = distillation_loss(student, votes, teachers, LossWeights())
    assert torch.equal(losses(np.arange(5), student, votes, teachers), expected)

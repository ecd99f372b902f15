"""The precision of forward passes."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from fixlip_widget.encoders.device import autocast_to

CPU = torch.device("cpu")


@pytest.mark.parametrize("kernel", [3, 4, 16])
def test_convolutions_on_a_cpu_are_in_float32(kernel: int) -> None:
    torch.manual_seed(0)
    convolution = nn.Conv2d(16, 32, kernel, stride=kernel).requires_grad_(False)
    x = torch.randn(2, 16, 3 * kernel, 2 * kernel)
    expected = convolution(x)
    with autocast_to(torch.bfloat16, CPU):
        torch.testing.assert_close(convolution(x), expected, rtol=0, atol=0)


def test_matrix_products_are_in_the_precision_asked_for() -> None:
    torch.manual_seed(0)
    linear, x = nn.Linear(16, 8).requires_grad_(False), torch.randn(4, 16)
    for precision in (torch.bfloat16, torch.float16):
        with autocast_to(precision, CPU):
            assert linear(x).dtype == precision
    with autocast_to(torch.float32, CPU):
        assert linear(x).dtype == torch.float32

"""Networks by name: each preset is a function that returns the fields of a ModelSpec (except length and tasks).

Unless stated otherwise convolutions are not padded, so that an activation of the first layer scores one site of the
sequence; most papers pad. A network with a flattened head is tied to the length it is built for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from motifnet.models.network.block import Block


def default() -> dict[str, Any]:
    """Whole motifs in the first layer: exponential activation, batch norm and a small pool, then global pooling.

    After Koo & Ploenzke 2021 (Nat Mach Intell 3:258), who found that filters with an exponential activation learn
    whole motifs. Predicts for sequences of other lengths too, since its head is global.
    """
    first = Block(64, 19, activation="exponential", batch_norm=True, dropout=0.1, pool=4, pool_place="first")
    second = Block(32, 5, batch_norm=True, dropout=0.5)
    return {"blocks": (first, second), "final": "global_max_average"}


def dragonn() -> dict[str, Any]:
    """DragoNN's ``SequenceDNN``: three blocks of 15 ReLU filters without pooling, then max-pooling of width 35.

    Its first layer learns parts of motifs, which later layers assemble; use `default` to read motifs from filters.
    Tied to one length. Source: https://github.com/kundajelab/dragonn (MIT).
    """
    return {"blocks": (Block(15, 15),) * 3, "final": "max", "pool_width": 35}


def deepbind() -> dict[str, Any]:
    """DeepBind (Alipanahi et al. 2015, Nat Biotechnol 33:831): 16 filters, maximum and average, 32 hidden units.

    Both strands pass through the same filters, and the higher output counts. With a single convolution, filters can
    only be whole motifs. Predicts for sequences of other lengths too, since its pooling is global.
    """
    head = {"final": "global_max_average", "hidden": (32,), "hidden_dropout": 0.5}
    return {"blocks": (Block(16, 24),), "strands": "shared", **head}


def basset() -> dict[str, Any]:
    """Basset (Kelley, Snoek & Rinn 2016, Genome Res 26:990): three convolutions with pools, two dense layers of 1000.

    Made for 600 bp, which leaves 10 positions for the dense layers. Tied to one length.
    """
    blocks = (
        Block(300, 19, batch_norm=True, pool=3),
        Block(200, 11, batch_norm=True, pool=4),
        Block(200, 7, batch_norm=True, pool=4),
    )
    head = {"final": "flatten", "hidden": (1000, 1000), "hidden_dropout": 0.3, "hidden_batch_norm": True}
    return {"blocks": blocks, **head}


def danq() -> dict[str, Any]:
    """DanQ (Quang & Xie 2016, Nucleic Acids Res 44:e107): one convolution, a pool of 13, a bidirectional LSTM.

    Made for 1,000 bp; tied to one length. The recurrent layer is slow on CPUs. The dense layer has the same dropout as
    the recurrent layer; that of the original has none.
    """
    block = Block(320, 26, pool=13, dropout=0.2, pool_place="before_dropout")
    head = {"final": "flatten", "hidden": (925,), "hidden_dropout": 0.5}
    return {"blocks": (block,), "recurrent": "bidirectional_lstm", "recurrent_units": 320, **head}


def koo_cnn_2() -> dict[str, Any]:
    """CNN-2 of Koo & Eddy 2019 (PLoS Comput Biol 15:e1007560): a pool of 2 after the first layer, 50 after the second.

    A small first pool lets the second layer assemble motifs from parts. With an exponential first activation (Koo &
    Ploenzke 2021; ``--activation exponential``) the first layer learns whole motifs. Made for 200 bp; tied to one
    length.
    """
    return _koo(2, 50)


def koo_cnn_50() -> dict[str, Any]:
    """CNN-50 of Koo & Eddy 2019: `koo_cnn_2` with the two pools exchanged.

    After a pool of 50 the second layer cannot assemble motifs from parts, so the first layer learns whole motifs. Made
    for 200 bp; tied to one length.
    """
    return _koo(50, 2)


def _koo(first_pool: int, second_pool: int) -> dict[str, Any]:
    first = Block(32, 19, batch_norm=True, dropout=0.1, pool=first_pool, padding="same", pool_place="before_dropout")
    second = Block(124, 5, batch_norm=True, dropout=0.1, pool=second_pool, padding="same", pool_place="before_dropout")
    head = {"final": "flatten", "hidden": (512,), "hidden_dropout": 0.5, "hidden_batch_norm": True}
    return {"blocks": (first, second), **head}


def koo_deep() -> dict[str, Any]:
    """CNN-deep of Koo & Ploenzke 2021 (Nat Mach Intell 3:258): four convolutions, no pool after the first.

    With a ReLU first activation the first layer learns parts of motifs, with ``--activation exponential`` mostly whole
    motifs. Made for 200 bp; tied to one length.
    """
    blocks = (
        Block(24, 19, batch_norm=True, dropout=0.1, padding="same"),
        Block(32, 7, batch_norm=True, dropout=0.2, pool=4, padding="same"),
        Block(48, 7, batch_norm=True, dropout=0.3, pool=4, padding="same"),
        Block(64, 3, batch_norm=True, dropout=0.4, pool=3, padding="same"),
    )
    head = {"final": "flatten", "hidden": (96,), "hidden_dropout": 0.5, "hidden_batch_norm": True}
    return {"blocks": blocks, **head}


def all_conv() -> dict[str, Any]:
    """Strided and 1x1 convolutions instead of pools, then a global average.

    After Springenberg et al. 2015 (ICLR workshop, "Striving for simplicity"), with widths suited to DNA. Fully
    convolutional: predicts for sequences of other lengths too.
    """
    blocks = (
        Block(64, 19, batch_norm=True),
        Block(64, 4, stride=4, batch_norm=True),
        Block(64, 5, batch_norm=True, dropout=0.5),
        Block(64, 1, batch_norm=True),
    )
    return {"blocks": blocks, "final": "conv_average"}


def inception() -> dict[str, Any]:
    """Parallel convolutions: widths 19, 11 and 7 in the first block; 5, 3, 1 and a pool in the second.

    After Szegedy et al. 2015 (CVPR, "Going deeper with convolutions"), with widths suited to DNA. Predicts for
    sequences of other lengths too, since its head is a global average.
    """
    first = Block(24, 19, parallel_widths=(11, 7), batch_norm=True, dropout=0.1, pool=4, pool_place="before_dropout")
    second = Block(
        16, 5, parallel_widths=(3, 1), parallel_pool=3, bottleneck=24, batch_norm=True, dropout=0.5, padding="same"
    )
    return {"blocks": (first, second), "final": "global_average"}


#: Every preset by name; the first is the default of the commands.
PRESETS: dict[str, Callable[[], dict[str, Any]]] = {
    "default": default,
    "dragonn": dragonn,
    "deepbind": deepbind,
    "basset": basset,
    "danq": danq,
    "koo-cnn-2": koo_cnn_2,
    "koo-cnn-50": koo_cnn_50,
    "koo-deep": koo_deep,
    "all-conv": all_conv,
    "inception": inception,
}

"""Networks by name: each a function from a length in bp to a ModelSpec, and nothing more.

Convolutions are without padding unless a preset says otherwise, so that an activation of the first layer scores a word
of the sequence; most papers pad. A network that ends in a flattened head takes one length; a ModelSpec for another
length is another network, and where sequences are too short for it, an error says which filter or pool is too wide.
"""

from __future__ import annotations

from collections.abc import Callable

from motifnet.models.network.block import Block
from motifnet.models.network.spec import ModelSpec


def default(length: int) -> ModelSpec:
    """Whole motifs in the first layer: exponential activation with batch norm and a small pool, then a global pool.

    After Koo & Ploenzke 2021 (Nat Mach Intell 3:258): an exponential first activation leaves deeper layers nothing to
    assemble from parts. Takes other lengths at prediction, since its head is global.
    """
    first = Block(64, 19, activation="exponential", batch_norm=True, dropout=0.1, pool=4, pool_place="first")
    second = Block(32, 5, batch_norm=True, dropout=0.5)
    return ModelSpec(length, (first, second), final="global_max_average")


def dragonn(length: int) -> ModelSpec:
    """DragoNN's ``SequenceDNN``, to the letter: three blocks of 15 ReLU filters, no pool between, one max-pool of 35.

    Its first layer learns parts of motifs, which later layers put together: use `default` to read motifs off filters.
    The flattened head ties it to one length. Source: https://github.com/kundajelab/dragonn (MIT).
    """
    return ModelSpec(length, (Block(15, 15),) * 3, final="max", pool_width=35)


def deepbind(length: int) -> ModelSpec:
    """DeepBind (Alipanahi et al. 2015, Nat Biotechnol 33:831): 16 detectors, maximum and average, 32 hidden units.

    Both strands pass the same detectors and the higher output counts. One convolution, so its filters are whole motifs
    whenever they are anything. Takes other lengths at prediction, since its pools are global.
    """
    detectors = Block(16, 24)
    return ModelSpec(
        length, (detectors,), final="global_max_average", hidden=(32,), hidden_dropout=0.5, strands="shared"
    )


def basset(length: int) -> ModelSpec:
    """Basset (Kelley, Snoek & Rinn 2016, Genome Res 26:990): three convolutions with pools, two dense layers of 1000.

    Made for 600 bp, where 10 positions are left for the dense layers. The flattened head ties it to one length.
    """
    blocks = (
        Block(300, 19, batch_norm=True, pool=3),
        Block(200, 11, batch_norm=True, pool=4),
        Block(200, 7, batch_norm=True, pool=4),
    )
    return ModelSpec(
        length, blocks, final="flatten", hidden=(1000, 1000), hidden_dropout=0.3, hidden_batch_norm=True
    )  # fmt: skip


def danq(length: int) -> ModelSpec:
    """DanQ (Quang & Xie 2016, Nucleic Acids Res 44:e107): one convolution, a pool of 13, a bidirectional LSTM.

    Made for 1,000 bp. The flattened head ties it to one length. On CPUs the recurrent layer is slow. Its dense
    layer has the dropout of the recurrent one, where DanQ had none.
    """
    block = Block(320, 26, pool=13, dropout=0.2, pool_place="before_dropout")
    return ModelSpec(
        length, (block,), final="flatten", hidden=(925,), recurrent="bidirectional_lstm", recurrent_units=320,
        hidden_dropout=0.5,
    )  # fmt: skip


def koo_cnn_2(length: int) -> ModelSpec:
    """CNN-2 of Koo & Eddy 2019 (PLoS Comput Biol 15:e1007560): a pool of 2 after the first layer, 50 after the second.

    A small first pool lets the second layer assemble motifs from parts; with the exponential first activation of Koo &
    Ploenzke 2021 (``--activation exponential``) the first layer holds them whole. Made for 200 bp; tied to one length.
    """
    return _koo(length, (2, 50))


def koo_cnn_50(length: int) -> ModelSpec:
    """CNN-50 of Koo & Eddy 2019: as `koo_cnn_2`, with the pools the other way round.

    A first pool of 50 leaves the second layer no place to assemble motifs from parts: the first layer holds them whole.
    Made for 200 bp; tied to one length.
    """
    return _koo(length, (50, 2))


def _koo(length: int, pools: tuple[int, int]) -> ModelSpec:
    first = Block(32, 19, batch_norm=True, dropout=0.1, pool=pools[0], padding="same", pool_place="before_dropout")
    second = Block(124, 5, batch_norm=True, dropout=0.1, pool=pools[1], padding="same", pool_place="before_dropout")
    return ModelSpec(
        length, (first, second), final="flatten", hidden=(512,), hidden_dropout=0.5, hidden_batch_norm=True
    )


def koo_deep(length: int) -> ModelSpec:
    """CNN-deep of Koo & Ploenzke 2021 (Nat Mach Intell 3:258): four convolutions, no pool behind the first.

    With its ReLU first activation the first layer holds parts; with ``--activation exponential`` mostly whole motifs.
    Made for 200 bp; tied to one length.
    """
    blocks = (
        Block(24, 19, batch_norm=True, dropout=0.1, padding="same"),
        Block(32, 7, batch_norm=True, dropout=0.2, pool=4, padding="same"),
        Block(48, 7, batch_norm=True, dropout=0.3, pool=4, padding="same"),
        Block(64, 3, batch_norm=True, dropout=0.4, pool=3, padding="same"),
    )
    return ModelSpec(length, blocks, final="flatten", hidden=(96,), hidden_dropout=0.5, hidden_batch_norm=True)


def all_conv(length: int) -> ModelSpec:
    """No pool but the last: strided convolutions in the place of pools, 1x1 convolutions, a global average.

    After Springenberg et al. 2015 (ICLR workshop, "Striving for simplicity"), with DNA's widths. Fully convolutional:
    takes other lengths at prediction.
    """
    blocks = (
        Block(64, 19, batch_norm=True),
        Block(64, 4, stride=4, batch_norm=True),
        Block(64, 5, batch_norm=True, dropout=0.5),
        Block(64, 1, batch_norm=True),
    )
    return ModelSpec(length, blocks, final="conv_average")


def inception(length: int) -> ModelSpec:
    """Widths side by side: filters of 19, 11 and 7 in the first block; compressed 1, 3, 5 and a pool in the second.

    After Szegedy et al. 2015 (CVPR, "Going deeper with convolutions"), with DNA's widths. Takes other lengths at
    prediction, since its head is a global average.
    """
    first = Block(24, 19, beside=(11, 7), batch_norm=True, dropout=0.1, pool=4, pool_place="before_dropout")
    second = Block(16, 5, beside=(3, 1), pool_beside=3, compress=24, batch_norm=True, dropout=0.5, padding="same")
    return ModelSpec(length, (first, second), final="global_average")


#: Every preset by name; the first is what the commands use unless told.
PRESETS: dict[str, Callable[[int], ModelSpec]] = {
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

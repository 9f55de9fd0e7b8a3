"""One training step: the gradient of a batch and the update of the weights, by one or several replicas."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motifnet.models.inference import strands_of
from motifnet.models.network.builder import build_twin, copy_weights
from motifnet.models.network.spec import ModelSpec
from motifnet.models.runtime import keras, tf
from motifnet.models.training.distributed import Replicas
from motifnet.models.training.initialization import freeze_blocks
from motifnet.models.training.losses import Objective
from motifnet.sequences.alphabet import Codes

#: Maximum norm of the gradient of each variable.
_MAX_NORM = 1.0

Step = Callable[[Codes, NDArray[np.float32], float], float]


def make_learner(network: Any, spec: ModelSpec, seed: int, freeze: int, replicas: Replicas) -> tuple[Any, Any]:
    """Return the network that is trained, with the weights of `network`, and its optimizer."""
    with replicas.scope():
        learner = build_twin(spec, seed=seed)
        copy_weights(network, learner)
        freeze_blocks(learner, freeze)
        with _float32():
            optimizer = keras.optimizers.Adam(clipnorm=_MAX_NORM)
            optimizer.build(learner.trainable_variables)
    if replicas.count > 1:
        for layer in learner.layers:
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.synchronized = True
    return learner, optimizer


def compile_step(
    spec: ModelSpec, learner: Any, optimizer: Any, objective: Objective, replicas: Replicas, batch_size: int
) -> Step:
    """Return a function of codes ``(B, L)``, labels ``(B, T)`` and learning rate.

    The function updates the weights and returns the loss before the update. With several replicas, its arguments are
    the rows of this worker in a batch of `batch_size`.
    """
    if replicas.count > 1:
        update = replicas.run(_replica_update(spec, learner, optimizer, objective, replicas.count), batch_size)
    else:
        update = _update(spec, learner, optimizer, objective)

    def take_step(codes: Codes, labels: NDArray[np.float32], learning_rate: float) -> float:
        optimizer.learning_rate.assign(learning_rate)
        strands = strands_of(codes, spec) if spec.strands == "shared" else [codes]
        return float(update(np.stack(strands, axis=1) if replicas.count > 1 else np.concatenate(strands), labels))

    return take_step


def _update(spec: ModelSpec, learner: Any, optimizer: Any, objective: Objective) -> Callable[[Any, Any], Any]:
    @tf.function(
        input_signature=[
            tf.TensorSpec((None, spec.length), tf.uint8),
            tf.TensorSpec((None, len(spec.tasks)), tf.float32),
        ],
        jit_compile=False,
        autograph=False,
    )
    def update(codes: Any, labels: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = objective.loss(labels, _logits(spec, learner, codes))
            penalized = tf.add_n([loss, *learner.losses])
        optimizer.apply(tape.gradient(penalized, learner.trainable_variables), learner.trainable_variables)
        return loss

    return update


def _replica_update(
    spec: ModelSpec, learner: Any, optimizer: Any, objective: Objective, n_replicas: int
) -> Callable[[Any, Any], Any]:
    """Function of the rows ``(n, strands, L)`` of one replica.

    All replicas together update the weights as `_update` does with all rows.
    """

    def update(codes: Any, labels: Any) -> Any:
        add = partial(tf.distribute.get_replica_context().all_reduce, tf.distribute.ReduceOp.SUM)
        n_known = tf.reduce_sum(tf.cast(tf.math.logical_not(tf.math.is_nan(labels)), tf.float32))
        share = n_known / tf.maximum(add(n_known), 1.0)  # the loss is a mean over known labels
        codes = tf.reshape(tf.transpose(codes, (1, 0, 2)), (-1, spec.length))
        with tf.GradientTape() as tape:
            loss = share * objective.loss(labels, _logits(spec, learner, codes))
            penalized = tf.add_n([loss, *(penalty / n_replicas for penalty in learner.losses)])
        gradients = add(tape.gradient(penalized, learner.trainable_variables))
        # The optimizer limits the norm before it adds the gradients of all replicas.
        gradients = [tf.clip_by_norm(gradient, _MAX_NORM) / n_replicas for gradient in gradients]
        optimizer.apply(gradients, learner.trainable_variables)
        return add(loss)

    return update


def _logits(spec: ModelSpec, learner: Any, codes: Any) -> Any:
    logits = learner(tf.one_hot(codes, 4, dtype=tf.float32)[:, tf.newaxis], training=True)
    return tf.maximum(*tf.split(logits, 2)) if spec.strands == "shared" else logits


@contextmanager
def _float32() -> Iterator[None]:
    """Set Keras' global float type, in which it creates the learning rate; keras.json may have another one."""
    floatx = keras.config.floatx()
    keras.config.set_floatx("float32")
    try:
        yield
    finally:
        keras.config.set_floatx(floatx)

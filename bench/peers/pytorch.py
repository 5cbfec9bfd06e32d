"""The work of bench/work.ts in PyTorch, in a process of its own: takes a job as JSON, prints what came of it as JSON.

    python pytorch.py '{"work": {...}, "threads": [1, 2], "seconds": 5}'                    the fastest setting
    python pytorch.py '{"work": {...}, "threads": [2], "seconds": 5, "setting": {...}}'     a measurement with it
    python pytorch.py version

A setting is the number of threads, the form of the input layer and of the optimizer (training), or of the recurrent layers (sampling).
"""

import itertools
import json
import resource
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

WARM_STEPS = 3
WARM_SECONDS = 0.7
BATCHES = 16
CELLS = {"lstm": (nn.LSTM, nn.LSTMCell), "gru": (nn.GRU, nn.GRUCell), "rnn": (nn.RNN, nn.RNNCell)}


class Model(nn.Module):
    """Input as indices of an embedding or of the rows of a unit matrix (one-hot), recurrent layers, output layer."""

    def __init__(self, work, one_hot):
        super().__init__()
        vocabulary, hidden, layers = work["vocabulary"], work["hidden"], work["layers"]
        embedding = work.get("embedding") or hidden
        if one_hot:
            self.register_buffer("rows", torch.eye(vocabulary))
        else:
            self.embedding = nn.Embedding(vocabulary, embedding)
        self.rnn = CELLS[work["cell"]][0](vocabulary if one_hot else embedding, hidden, layers)
        if "cutoffs" in work:
            self.output = nn.AdaptiveLogSoftmaxWithLoss(hidden, vocabulary, work["cutoffs"], div_value=4.0, head_bias=True)
        else:
            self.output = nn.Linear(hidden, vocabulary)
        if work.get("tie"):
            self.output.weight = self.embedding.weight
            nn.init.uniform_(self.output.weight, -(hidden**-0.5), hidden**-0.5)

    def embed(self, ids):
        return F.embedding(ids, self.rows) if hasattr(self, "rows") else self.embedding(ids)

    def loss(self, inputs, targets, state):
        top, state = self.rnn(self.embed(inputs), state)
        if isinstance(self.output, nn.AdaptiveLogSoftmaxWithLoss):
            return self.output(top.flatten(0, 1), targets.flatten()).loss, state
        return F.cross_entropy(self.output(top).flatten(0, 1), targets.flatten()), state


def batches(work):
    """(T, B) inputs and targets; the r-th token has a probability in proportion to 1 / r."""
    size, length = work["batchSize"], work["sequenceLength"]
    weights = 1 / torch.arange(1, work["vocabulary"] - 3, dtype=torch.float64)
    ids = 4 + torch.multinomial(weights, (BATCHES * length + 1) * size, replacement=True).view(-1, size)
    return [(ids[t : t + length], ids[t + 1 : t + length + 1]) for t in range(0, BATCHES * length, length)]


def training(work, setting):
    """A function that takes one training step."""
    torch.manual_seed(1)
    model = Model(work, setting["input"] == "one-hot")
    parameters = list(model.parameters())
    optimizer = torch.optim.Adam(parameters, lr=1e-3, **{setting["adam"]: True})
    source = itertools.cycle(batches(work))
    state = None

    def step():
        nonlocal state
        inputs, targets = next(source)
        loss, state = model.loss(inputs, targets, state)
        state = tuple(s.detach() for s in state) if isinstance(state, tuple) else state.detach()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        return loss.item()

    return step


def sampling(work, setting):
    """A function that draws one token for each stream."""
    torch.manual_seed(1)
    model = Model(work, setting["input"] == "one-hot").eval()
    streams, layers = work["streams"], work["layers"]
    ids = torch.full((streams,), 4)
    state = None
    cells = [CELLS[work["cell"]][1](model.rnn.input_size if k == 0 else work["hidden"], work["hidden"]) for k in range(layers)]
    states = [None] * layers

    def step():
        nonlocal ids, state
        with torch.inference_mode():
            x = model.embed(ids)
            if setting["layers"] == "cells":
                for k, cell in enumerate(cells):
                    states[k] = cell(x, states[k])
                    x = states[k][0] if isinstance(states[k], tuple) else states[k]
                logits = model.output(x)
            else:
                top, state = model.rnn(x.unsqueeze(0), state)
                logits = model.output(top.squeeze(0))
            ids = torch.multinomial(torch.softmax(logits, -1), 1).squeeze(1)
            return ids.tolist()

    return step


def settings(work, threads):
    if work["kind"] == "sample":
        axes = {"threads": threads, "input": ["one-hot", "embedding"], "layers": ["module", "cells"]}
    else:
        forms = ["embedding"] if work["embedding"] else ["one-hot", "embedding"]
        axes = {"threads": threads, "input": forms, "adam": ["fused", "foreach"]}
    return [dict(zip(axes, values)) for values in itertools.product(*axes.values())]


def prepare(work, setting):
    torch.set_num_threads(setting["threads"])
    return sampling(work, setting) if work["kind"] == "sample" else training(work, setting)


def rate(step, seconds, warm_steps=WARM_STEPS, warm_seconds=WARM_SECONDS):
    """Steps a second over at least `seconds` and one step, after a warm-up."""
    warm_until = time.perf_counter() + warm_seconds
    warm = 0
    while warm < warm_steps or time.perf_counter() < warm_until:
        step()
        warm += 1
    began = time.perf_counter()
    steps = 0
    elapsed = 0.0
    while elapsed < seconds:
        step()
        steps += 1
        elapsed = time.perf_counter() - began
    return steps / elapsed


def main(job):
    torch.set_flush_denormal(True)
    work, seconds = job["work"], job["seconds"]
    tokens = work["streams"] if work["kind"] == "sample" else work["batchSize"] * work["sequenceLength"]
    if "setting" not in job:
        # Each setting twice, the second time in the reverse order, lest the first ones meet a busier machine.
        candidates = settings(work, job["threads"])
        rates = [0.0] * len(candidates)
        for i in [*range(len(candidates)), *reversed(range(len(candidates)))]:
            rates[i] = max(rates[i], rate(prepare(work, candidates[i]), seconds / 8, 2, 0))
        return {"setting": max(zip(rates, range(len(candidates))))[1], "candidates": candidates, "rates": [r * tokens for r in rates]}
    measured = rate(prepare(work, job["setting"]), seconds) * tokens
    return {"rate": measured, "peakMemory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}


if __name__ == "__main__":
    result = {"version": torch.__version__} if sys.argv[1] == "version" else main(json.loads(sys.argv[1]))
    print(json.dumps({**result, "processorSeconds": time.process_time()}))

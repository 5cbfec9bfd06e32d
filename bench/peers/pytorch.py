"""The work of bench/work.ts in PyTorch, in a process of its own: takes a job as JSON, prints what came of it as JSON.

    python pytorch.py '{"work": {...}, "shapes": [], "threads": [1, 2], "seconds": 5}'                    the fastest setting
    python pytorch.py '{"work": {...}, "shapes": [], "threads": [2], "seconds": 5, "setting": {...}}'     a measurement with it
    python pytorch.py version

A setting is the number of threads, the precision (single, or bfloat16 by autocast around the forward pass), the form of the input layer
and of the optimizer (training), whether sequences are packed or padded (training of a task), or the form of the recurrent layers (sampling). `shapes` are the lengths of a task's batches, as in bench/batches.ts.
"""

import itertools
import json
import math
import resource
import sys
import time

import torch
from networks import Model, Translator, stream_batches, task_batches
from torch import nn

WARM_STEPS = 3
WARM_SECONDS = 0.7
CELLS = {"lstm": nn.LSTMCell, "gru": nn.GRUCell, "rnn": nn.RNNCell}


def optimizers(model, parameters, form):
    """Adam, and for embeddings whose gradient goes by the rows used, its form for these."""
    sparse = {layer.weight for layer in model.modules() if isinstance(layer, nn.Embedding) and layer.sparse}
    adam = torch.optim.Adam([p for p in parameters if p not in sparse], lr=1e-3, **{form: True})
    return [adam, torch.optim.SparseAdam(list(sparse), lr=1e-3)] if sparse else [adam]


def clip(parameters):
    """To norm 1, as `clip_grad_norm_`, which takes no sparse gradients."""
    for parameter in parameters:
        if parameter.grad.is_sparse:
            parameter.grad = parameter.grad.coalesce()
    gradients = [p.grad.values() if p.grad.is_sparse else p.grad for p in parameters]
    nn.utils.clip_grads_with_norm_(parameters, 1.0, nn.utils.get_total_norm(gradients))


def autocast(setting):
    return torch.autocast("cpu", torch.bfloat16, enabled=setting["precision"] == "bfloat16")


def detach(state):
    return tuple(s.detach() for s in state) if isinstance(state, tuple) else state.detach()


def training(work, shapes, setting):
    """A function that takes one training step and tells how many tokens it took."""
    torch.manual_seed(1)
    task = work.get("task")
    model = (Translator if task == "translate" else Model)(work, setting["input"])
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    updates = optimizers(model, parameters, setting["adam"])
    source = itertools.cycle(task_batches(work, shapes, setting["sequences"] == "packed") if task else stream_batches(work))
    state = None

    def step():
        nonlocal state
        batch, tokens = next(source)
        with autocast(setting):
            loss, after = model.loss(batch, state)
        state = None if task else detach(after)
        for update in updates:
            update.zero_grad(set_to_none=True)
        loss.backward()
        clip(parameters)
        for update in updates:
            update.step()
        if not math.isfinite(loss.item()):
            raise ArithmeticError(f"The loss is {loss.item()}.")
        return tokens

    return step


def sampling(work, setting):
    """A function that draws one token for each stream and tells how many these are."""
    torch.manual_seed(1)
    model = Model(work, setting["input"]).eval()
    streams, layers = work["streams"], work["layers"]
    ids = torch.full((streams,), 4)
    state = None
    cells = [CELLS[work["cell"]](model.rnn.input_size if k == 0 else work["hidden"], work["hidden"]) for k in range(layers)]
    states = [None] * layers

    def step():
        nonlocal ids, state
        with torch.inference_mode(), autocast(setting):
            x = model.embedding(ids)
            if setting["layers"] == "cells":
                for k, cell in enumerate(cells):
                    states[k] = cell(x, states[k])
                    x = states[k][0] if isinstance(states[k], tuple) else states[k]
                logits = model.output(x)
            else:
                top, state = model.rnn(x.unsqueeze(0), state)
                logits = model.output(top.squeeze(0))
            ids = torch.multinomial(torch.softmax(logits.float(), -1), 1).squeeze(1)
            return len(ids.tolist())

    return step


def settings(work, threads):
    axes = {"threads": threads, "precision": ["single precision", "bfloat16"], "input": ["one-hot", "embedding"]}
    if work["kind"] == "sample":
        axes["layers"] = ["module", "cells"]
    else:
        if work["embedding"]:
            axes["input"] = ["embedding"] if work["tie"] else ["embedding", "sparse embedding"]
        if "task" in work:
            axes["sequences"] = ["packed", "padded"]
        axes["adam"] = ["fused", "foreach"]
    return [dict(zip(axes, values)) for values in itertools.product(*axes.values())]


def prepare(work, shapes, setting):
    torch.set_num_threads(setting["threads"])
    return sampling(work, setting) if work["kind"] == "sample" else training(work, shapes, setting)


def rate(step, seconds, warm_steps=WARM_STEPS, warm_seconds=WARM_SECONDS):
    """Tokens a second over at least `seconds` and one step, after a warm-up; a step tells how many it took."""
    warm_until = time.perf_counter() + warm_seconds
    warm = 0
    while warm < warm_steps or time.perf_counter() < warm_until:
        step()
        warm += 1
    began = time.perf_counter()
    tokens = 0
    elapsed = 0.0
    while elapsed < seconds:
        tokens += step()
        elapsed = time.perf_counter() - began
    return tokens / elapsed


def main(job):
    torch.set_flush_denormal(True)
    work, shapes, seconds = job["work"], job["shapes"], job["seconds"]
    if "setting" not in job:
        # Each setting twice, the second time in the reverse order, lest the first ones meet a busier machine.
        candidates = settings(work, job["threads"])
        rates = [0.0] * len(candidates)
        for i in [*range(len(candidates)), *reversed(range(len(candidates)))]:
            rates[i] = max(rates[i], rate(prepare(work, shapes, candidates[i]), seconds / 8, 2, 0))
        return {"setting": max(zip(rates, range(len(candidates))))[1], "candidates": candidates, "rates": rates}
    measured = rate(prepare(work, shapes, job["setting"]), seconds)
    return {"rate": measured, "peakMemory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}


if __name__ == "__main__":
    result = {"version": torch.__version__} if sys.argv[1] == "version" else main(json.loads(sys.argv[1]))
    print(json.dumps({**result, "processorSeconds": time.process_time()}))

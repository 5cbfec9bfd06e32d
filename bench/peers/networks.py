"""The networks of bench/work.ts, and made-up batches for them.

A network's `loss` takes a batch and the state that the batch before left; it gives the mean loss and the state after it.
"""

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

CELLS = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}
BATCHES = 16


def input_layer(vocabulary, size, form):
    """An embedding, its gradient dense or by the rows used, or the rows of a unit matrix (one-hot)."""
    if form == "one-hot":
        return nn.Embedding.from_pretrained(torch.eye(vocabulary))
    return nn.Embedding(vocabulary, size, sparse=form == "sparse embedding")


def embed(embedding, ids):
    return ids._replace(data=embedding(ids.data)) if isinstance(ids, PackedSequence) else embedding(ids)


def values(sequences):
    return sequences.data if isinstance(sequences, PackedSequence) else sequences


def cross_entropy(logits, targets):
    """Mean over the positions with a target; those without have -1."""
    return F.cross_entropy(logits.flatten(0, -2), targets.flatten(), ignore_index=-1)


class Model(nn.Module):
    """Input layer, recurrent layers, output layer: a language model or, in both directions, a tagger."""

    def __init__(self, work, form):
        super().__init__()
        vocabulary, hidden, layers = work["vocabulary"], work["hidden"], work["layers"]
        tagger = work.get("task") == "tag"
        self.embedding = input_layer(vocabulary, work.get("embedding") or hidden, form)
        self.rnn = CELLS[work["cell"]](self.embedding.embedding_dim, hidden, layers, bidirectional=tagger)
        if "cutoffs" in work:
            self.output = nn.AdaptiveLogSoftmaxWithLoss(hidden, vocabulary, work["cutoffs"], div_value=4.0, head_bias=True)
        else:
            self.output = nn.Linear(hidden * 2 if tagger else hidden, work.get("classes", vocabulary))
        if work.get("tie"):
            self.output.weight = self.embedding.weight
            nn.init.uniform_(self.output.weight, -(hidden**-0.5), hidden**-0.5)

    def loss(self, batch, state):
        inputs, targets = batch
        top, state = self.rnn(embed(self.embedding, inputs), state)
        if isinstance(self.output, nn.AdaptiveLogSoftmaxWithLoss):
            return self.output(top.flatten(0, 1), targets.flatten()).loss, state
        return cross_entropy(self.output(values(top)), targets), state


class Translator(nn.Module):
    """Encoder in both directions, bridge, decoder, general attention (Luong et al. 2015) without input feeding."""

    def __init__(self, work, form):
        super().__init__()
        hidden, layers, classes = work["hidden"], work["layers"], work["classes"]
        size, width = work["embedding"] or hidden, 2 * hidden
        self.source_embedding = input_layer(work["vocabulary"], size, form)
        self.embedding = input_layer(classes, size, form)
        self.encoder = nn.LSTM(self.source_embedding.embedding_dim, hidden, layers, bidirectional=True)
        self.decoder = nn.LSTM(self.embedding.embedding_dim, hidden, layers)
        self.bridge_h = nn.ModuleList(nn.Linear(width, hidden) for _ in range(layers))
        self.bridge_c = nn.ModuleList(nn.Linear(width, hidden) for _ in range(layers))
        self.attention = nn.Linear(hidden, width, bias=False)
        self.attention_output = nn.Linear(width + hidden, hidden, bias=False)
        self.output = nn.Linear(hidden, classes)

    def loss(self, batch, _):
        sources, rows, valid, inputs, targets = batch
        top, finals = self.encoder(embed(self.source_embedding, sources))
        if isinstance(top, PackedSequence):
            top, _ = pad_packed_sequence(top)
        # (L * 2, B, H) to L of (B, 2H)
        h, c = (final[:, rows].unflatten(0, (-1, 2)).transpose(1, 2).flatten(2) for final in finals)
        h = torch.stack([bridge(x) for bridge, x in zip(self.bridge_h, h)]).tanh()
        c = torch.stack([bridge(x) for bridge, x in zip(self.bridge_c, c)])
        states, _ = self.decoder(self.embedding(inputs), (h, c))
        # (B, 1, T, W): the fused form wants a place for heads.
        keys, queries = (x.transpose(0, 1).unsqueeze(1) for x in (top[:, rows], self.attention(states)))
        context = F.scaled_dot_product_attention(queries, keys, keys, valid, scale=1.0).squeeze(1).transpose(0, 1)
        attended = self.attention_output(torch.cat([context, states], -1)).tanh()
        return cross_entropy(self.output(attended), targets), None


def draw(vocabulary, *shape):
    """The r-th token has a probability in proportion to 1 / r."""
    weights = 1 / torch.arange(1, vocabulary - 3, dtype=torch.float64)
    return 4 + torch.multinomial(weights, torch.Size(shape).numel(), replacement=True).view(shape)


def stream_batches(work):
    """(T, B) inputs and targets, and their tokens."""
    size, length = work["batchSize"], work["sequenceLength"]
    ids = draw(work["vocabulary"], BATCHES * length + 1, size)
    return [((ids[t : t + length], ids[t + 1 : t + length + 1]), length * size) for t in range(0, BATCHES * length, length)]


def past_end(lengths):
    """(T, B)"""
    return torch.arange(max(lengths))[:, None] >= torch.tensor(lengths)


def task_batches(work, shapes, packed):
    """Batches of sequences of given lengths, and their tokens.

    Packed or padded are a tagger's sequences and a translator's sources; targets are padded, since batches are sorted by them in the
    first place. Padded, directions in reverse start in the padding: that is not the same network, but what many run.
    """

    def sequences(vocabulary, lengths, past=0):
        ids = draw(vocabulary, max(lengths), len(lengths)).masked_fill(past_end(lengths), past)
        return pack_padded_sequence(ids, lengths, enforce_sorted=True) if packed else ids

    def batch(shape):
        lengths = shape["lengths"]
        if work["task"] == "tag":
            inputs, tags = sequences(work["vocabulary"], lengths), sequences(work["classes"], lengths, -1)
            return (inputs, values(tags)), sum(lengths)
        sources, rows = shape["sourceLengths"], torch.tensor(shape["rows"])
        valid = ~past_end(sources).T[rows, None, None]
        ids = draw(work["classes"], max(lengths) + 1, len(lengths))
        targets = ids[1:].masked_fill(past_end(lengths), -1)
        return (sequences(work["vocabulary"], sources), rows, valid, ids[:-1], targets), sum(lengths) + sum(sources)

    return [batch(shape) for shape in shapes]

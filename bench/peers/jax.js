/**
 * Training work of ../work.ts in jax-js, compiled as one function; the time steps are unrolled, since it has no loops of its own.
 * Plain JavaScript, because the package and its types are not installed here: it is looked up in the folder that the job names.
 * Its functions take ownership of their arguments: `.ref` keeps one for another use.
 */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { tokensPerSecond } from '../clock.ts';
import { zipfTokens } from '../tokens.ts';

const job = JSON.parse(process.argv[2]);
const require = createRequire(join(resolve(job.packages), 'package.json'));
const jax = require('@jax-js/jax');
const { numpy: np, nn, tree } = jax;
const manifest = join(dirname(require.resolve('@jax-js/jax')), '../package.json');
const { version } = JSON.parse(readFileSync(manifest, 'utf8'));
await jax.init();

function createParameters({ layers, hidden, vocabulary }) {
  const uniform = (...shape) => {
    const values = Float32Array.from(
      { length: shape[0] * shape[1] },
      () => (2 * Math.random() - 1) / Math.sqrt(hidden),
    );
    return np.array(values).reshape(shape);
  };
  const each = (make) => Array.from({ length: layers }, (_, layer) => make(layer));
  return {
    ih: each((layer) => uniform(layer === 0 ? vocabulary : hidden, 4 * hidden)),
    hh: each(() => uniform(hidden, 4 * hidden)),
    bias: each(() => np.zeros([4 * hidden])),
    output: uniform(hidden, vocabulary),
    outputBias: np.zeros([vocabulary]),
  };
}

/** Mean cross-entropy of (T, B, V) one-hot inputs and (T * B, V) targets, and the states after them. */
function createLoss({ layers, hidden, vocabulary, batchSize, sequenceLength }) {
  const positions = sequenceLength * batchSize;
  return (parameters, inputs, targets, states) => {
    let below = inputs;
    const after = [];
    for (let layer = 0; layer < layers; layer++) {
      const products = np.matmul(below.reshape([positions, -1]), parameters.ih[layer]).add(parameters.bias[layer]);
      const sums = np.split(products.reshape([sequenceLength, batchSize, 4 * hidden]), sequenceLength, 0);
      let [h, c] = states[layer];
      const outputs = sums.map((sum) => {
        const recurrent = np.matmul(h, parameters.hh[layer].ref);
        const [i, f, g, o] = np.split(sum.reshape([batchSize, 4 * hidden]).add(recurrent), 4, 1);
        c = nn
          .sigmoid(f)
          .mul(c)
          .add(nn.sigmoid(i).mul(np.tanh(g)));
        h = nn.sigmoid(o).mul(np.tanh(c.ref));
        return h.ref;
      });
      parameters.hh[layer].dispose();
      below = np.stack(outputs, 0);
      after.push([h, c]);
    }
    const logits = np.matmul(below.reshape([positions, hidden]), parameters.output).add(parameters.outputBias);
    const loss = nn
      .logSoftmax(logits.reshape([positions, vocabulary]), -1)
      .mul(targets)
      .sum();
    return [loss.mul(-1 / positions), after];
  };
}

/** Loss, gradients clipped to norm 1, and Adam. */
function createStep(work) {
  const lossAndGradients = jax.valueAndGrad(createLoss(work), { hasAux: true });
  return jax.jit((parameters, m, v, inputs, targets, states) => {
    const [[loss, after], gradients] = lossAndGradients(tree.ref(parameters), inputs, targets, states);
    const squares = tree.leaves(tree.ref(gradients)).map((gradient) => np.square(gradient).sum());
    const scale = np.minimum(1, np.reciprocal(np.sqrt(squares.reduce((a, b) => a.add(b)))));
    const clipped = tree.map((gradient) => gradient.mul(scale.ref), gradients);
    scale.dispose();
    const first = tree.map((a, b) => a.mul(0.9).add(b.mul(0.1)), m, tree.ref(clipped));
    const second = tree.map((a, b) => a.mul(0.999).add(np.square(b).mul(0.001)), v, clipped);
    const move = (p, a, b) => p.sub(a.mul(1e-3).div(np.sqrt(b).add(1e-8)));
    const moved = tree.map(move, parameters, tree.ref(first), tree.ref(second));
    return [loss, moved, first, second, after];
  });
}

async function train(work, seconds) {
  const { layers, hidden, vocabulary, batchSize, sequenceLength } = work;
  const positions = batchSize * sequenceLength;
  const ids = zipfTokens(vocabulary, positions * 16 + batchSize, 1);
  const oneHot = (first) => nn.oneHot(np.array(ids.slice(first, first + positions)), vocabulary);
  const update = createStep(work);
  const zerosLike = (all) => tree.map((a) => np.zeros(a.shape), all);
  let parameters = createParameters(work);
  let m = zerosLike(parameters);
  let v = zerosLike(parameters);
  const zeroState = () => np.zeros([batchSize, hidden]);
  let states = Array.from({ length: layers }, () => [zeroState(), zeroState()]);
  let batch = 0;
  const step = async () => {
    const first = (batch++ % 16) * positions;
    const inputs = oneHot(first).reshape([sequenceLength, batchSize, vocabulary]);
    let loss;
    [loss, parameters, m, v, states] = update(parameters, m, v, inputs, oneHot(first + batchSize), states);
    await loss.data();
    return positions;
  };
  return tokensPerSecond(step, seconds, { warmSteps: 2, warmSeconds: 0 });
}

if (job.work) {
  const rate = await train(job.work, job.seconds);
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  const processorSeconds = (userCPUTime + systemCPUTime) / 1e6;
  console.log(JSON.stringify({ rate, peakMemory: maxRSS * 1024, processorSeconds }));
} else {
  console.log(JSON.stringify({ version, setting: jax.defaultDevice() }));
}
process.exit();

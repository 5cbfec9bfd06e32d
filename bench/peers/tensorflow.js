/**
 * Training work of ../work.ts in TensorFlow.js, on its WebAssembly backend if that is installed. Plain JavaScript, because the
 * package and its types are not installed here: it is looked up in the folder that the job names.
 */

import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { tokensPerSecond } from '../clock.ts';
import { zipfTokens } from '../tokens.ts';

const job = JSON.parse(process.argv[2]);
const require = createRequire(join(resolve(job.packages), 'package.json'));
console.warn = () => {};
const tf = require('@tensorflow/tfjs');
try {
  require('@tensorflow/tfjs-backend-wasm');
  await tf.setBackend('wasm');
} catch {
  await tf.setBackend('cpu');
}
await tf.ready();

/** Steps a second, a loss and gradients by hand, since `fit` can't clip the global norm. */
async function train({ layers, hidden, vocabulary, batchSize, sequenceLength }, seconds) {
  const model = tf.sequential();
  for (let k = 0; k < layers; k++) {
    const first = k === 0 ? { batchInputShape: [batchSize, sequenceLength, vocabulary] } : {};
    model.add(tf.layers.lstm({ units: hidden, returnSequences: true, stateful: true, ...first }));
  }
  model.add(tf.layers.dense({ units: vocabulary }));
  const optimizer = tf.train.adam(1e-3);
  const positions = batchSize * sequenceLength;
  const ids = zipfTokens(vocabulary, positions * 17, 1);
  let batch = 0;
  const step = () => {
    const first = (batch++ % 16) * positions;
    const [inputs, targets] = [first, first + 1].map((at) => ids.subarray(at, at + positions));
    tf.tidy(() => {
      const shape = [batchSize, sequenceLength];
      const x = tf.oneHot(tf.tensor2d(inputs, shape, 'int32'), vocabulary).toFloat();
      const y = tf.oneHot(tf.tensor1d(targets, 'int32'), vocabulary).toFloat();
      const loss = () =>
        tf.losses.softmaxCrossEntropy(y, model.apply(x, { training: true }).reshape([positions, vocabulary]));
      const { value, grads } = tf.variableGrads(loss);
      const squares = Object.values(grads).map((gradient) => gradient.square().sum());
      const scale = tf.minimum(1, tf.div(1, tf.addN(squares).sqrt()));
      const clipped = Object.entries(grads).map(([name, gradient]) => [name, gradient.mul(scale)]);
      optimizer.applyGradients(Object.fromEntries(clipped));
      value.dataSync();
    });
    return positions;
  };
  return tokensPerSecond(step, seconds, { warmSteps: 1, warmSeconds: 0 });
}

if (job.work) {
  const rate = await train(job.work, job.seconds);
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  const processorSeconds = (userCPUTime + systemCPUTime) / 1e6;
  console.log(JSON.stringify({ rate, peakMemory: maxRSS * 1024, processorSeconds }));
} else {
  console.log(JSON.stringify({ version: tf.version.tfjs, setting: tf.getBackend() }));
}
process.exit();

/** Other people's file formats. */

export { decodeSafetensors, encodeSafetensors, type SafetensorsFile } from './safetensors.ts';

export { productRows, productColumns, columnSums } from './product';

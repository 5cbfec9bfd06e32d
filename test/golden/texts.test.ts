/** Models answer as they did, to the last digit: samples, searches, labels, tags, translations, fillings, losses. */

import { testTexts } from './texts.ts';

testTexts();

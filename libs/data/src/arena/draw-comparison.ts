import type { Label, Labels } from '@nacre/contracts/recipe';

import { logistic } from './logistic.js';
import { ArenaRandom, mix } from './random.js';
import { arenaWord, GRADES, TOPICS, WORDS_PER_GRADE, type Grade } from './vocabulary.js';

/** An answer of the synthetic arena with what its words are worth. */
export interface DrawnAnswer {
  readonly words: readonly string[];
  /** Grade of each word, on topic or not. */
  readonly grades: readonly Grade[];
  readonly onTopic: readonly boolean[];
  /** Latent worth of the whole answer: 3 x mean of the on-topic grades (off-topic words count 0) + 0.5 x H(words). */
  readonly score: number;
}

/** A row of the synthetic arena, its true distribution of votes and one vote drawn from it. */
export interface DrawnComparison {
  /** Whole number, unique within the seed and in no order. */
  readonly id: string;
  readonly models: readonly [string, string];
  readonly prompt: readonly string[];
  readonly answers: readonly [DrawnAnswer, DrawnAnswer];
  readonly probabilities: Readonly<Record<Label, number>>;
  readonly vote: Label;
}

/** Rows for training and testing on the one hand, for the warm-up of tiny bases on the other, never coincide. */
export const streams = { comparisons: 1, latents: 2 } as const;

const PROMPT_WORDS = 6;
const SHORTEST = 8;
const LONGEST = 24;
const SHARE_ON_TOPIC = { from: 0.2, to: 0.8 };
const LATENT_DEVIATION = 1.1;
const WORD_DEVIATION = 0.7;
const SCORE_OF_GRADE = 3;
const SCORE_OF_LENGTH = 0.5;
const TIE_WIDTH = 1;
const MODELS = 8;

/**
 * Row `row` of the synthetic arena. The prompt is words of one topic. Each answer mixes words of that topic with
 * words of another one, each part with a worth of its own, so a word's grade counts only where its topic is the
 * prompt's: neither length nor a bag of words tells who won. Votes follow Rao and Kupper: P(a) = s(d - 1),
 * P(b) = s(-d - 1), the rest ties, d the difference of the scores; with two labels the tie width is 0.
 */
export function drawComparison(
  { seed, stream, labels }: { seed: number; stream: keyof typeof streams; labels: Labels },
  row: number,
): DrawnComparison {
  const random = new ArenaRandom(seed, streams[stream], row);
  const topic = random.below(TOPICS);
  const prompt = Array.from({ length: PROMPT_WORDS }, () =>
    arenaWord(topic, GRADES[random.below(GRADES.length)] ?? 0, random.below(WORDS_PER_GRADE)),
  );
  const answers = [drawAnswer(random, topic), drawAnswer(random, topic)] as const;
  const difference = answers[0].score - answers[1].score;
  const width = labels.length === 3 ? TIE_WIDTH : 0;
  const model_a = logistic(difference - width);
  const model_b = width === 0 ? 1 - model_a : logistic(-difference - width);
  const tie = width === 0 ? 0 : 1 - model_a - model_b;
  const chance = random.unit();
  const first = random.below(MODELS);
  const second = (first + 1 + random.below(MODELS - 1)) % MODELS;
  return {
    id: String(mix((row ^ mix(seed >>> 0)) >>> 0)),
    models: [`model-${String(first)}`, `model-${String(second)}`],
    prompt,
    answers,
    probabilities: { model_a, model_b, tie },
    vote: chance < model_a ? 'model_a' : chance < model_a + model_b || width === 0 ? 'model_b' : 'tie',
  };
}

function drawAnswer(random: ArenaRandom, topic: number): DrawnAnswer {
  const length = SHORTEST + random.below(LONGEST - SHORTEST + 1);
  const share = SHARE_ON_TOPIC.from + (SHARE_ON_TOPIC.to - SHARE_ON_TOPIC.from) * random.unit();
  const worth = { on: LATENT_DEVIATION * random.normal(), off: LATENT_DEVIATION * random.normal() };
  const otherTopic = (topic + 1 + random.below(TOPICS - 1)) % TOPICS;
  const words: string[] = [];
  const grades: Grade[] = [];
  const onTopic: boolean[] = [];
  let sum = 0;
  let harmonic = 0;
  for (let position = 0; position < length; position += 1) {
    const on = random.unit() < share;
    const grade = nearestGrade((on ? worth.on : worth.off) + WORD_DEVIATION * random.normal());
    words.push(arenaWord(on ? topic : otherTopic, grade, random.below(WORDS_PER_GRADE)));
    grades.push(grade);
    onTopic.push(on);
    if (on) sum += grade;
    // The harmonic number grows as the logarithm does, and needs only exact operations.
    harmonic += 1 / (position + 1);
  }
  return { words, grades, onTopic, score: (SCORE_OF_GRADE * sum) / length + SCORE_OF_LENGTH * harmonic };
}

function nearestGrade(value: number): Grade {
  const grade = Math.max(-2, Math.min(2, Math.floor(value + 0.5)));
  return GRADES[grade + 2] ?? 0;
}

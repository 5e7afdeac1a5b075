// A tone and a tremor for each verdict, told apart without looking: rising, level, low.

/** Notes as [hertz, start, length] in seconds; the tremor in milliseconds. */
const VOICES = {
  accepted: { shape: "sine", notes: [[880, 0, 0.09], [1320, 0.09, 0.16]], tremor: [60] },
  out: { shape: "sine", notes: [[1320, 0, 0.09], [880, 0.09, 0.16]], tremor: [60] },
  again: { shape: "triangle", notes: [[587, 0, 0.12], [587, 0.18, 0.12]], tremor: [80, 60, 80] },
  provisional: { shape: "sine", notes: [[660, 0, 0.09], [880, 0.1, 0.09], [660, 0.2, 0.16]], tremor: [60, 40, 60] },
  refused: { shape: "sawtooth", notes: [[196, 0, 0.22], [147, 0.24, 0.4]], tremor: [350] },
};
const LOUD = 0.35;

let context = null;
let quiet = false;

/** Browsers let a page sound only after somebody touched it. @param {() => void} onChange called when that happens */
export function openSound(onChange) {
  if (!("AudioContext" in globalThis)) return;
  context = new AudioContext();
  context.addEventListener("statechange", onChange);
  const wake = () => context.state === "suspended" && context.resume().catch(() => {});
  document.addEventListener("pointerdown", wake, { capture: true, passive: true });
  document.addEventListener("keydown", wake, { capture: true, passive: true });
}

/** Whether sound is wanted and the browser still holds it back. */
export function isHeldBack() {
  return !quiet && context !== null && context.state !== "running";
}

/** @param {boolean} off */
export function setQuiet(off) {
  quiet = off;
}

/** @param {keyof typeof VOICES} kind */
export function sound(kind) {
  const voice = VOICES[kind];
  if (quiet || !voice) return;
  // Without a touch before, Chromium refuses to vibrate and writes that to the console.
  if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.(voice.tremor);
  if (context?.state !== "running") return;
  for (const [pitch, start, length] of voice.notes) play(voice.shape, pitch, context.currentTime + start, length);
}

function play(shape, pitch, start, length) {
  const tone = context.createOscillator();
  const volume = context.createGain();
  tone.type = shape;
  tone.frequency.value = pitch;
  // A gentle start and end: an abrupt one clicks in small loudspeakers.
  volume.gain.setValueAtTime(0.0001, start);
  volume.gain.exponentialRampToValueAtTime(LOUD, start + 0.012);
  volume.gain.setValueAtTime(LOUD, start + length - 0.03);
  volume.gain.exponentialRampToValueAtTime(0.0001, start + length);
  tone.connect(volume).connect(context.destination);
  tone.start(start);
  tone.stop(start + length + 0.02);
}

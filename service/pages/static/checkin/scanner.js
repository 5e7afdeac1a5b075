// Reads QR codes from a camera: the browser's own BarcodeDetector where it knows QR, else zxing-wasm from our own host.

const FORGET_MS = 2000;
const PAUSE_MS = 90;
const READ_SIDE = 960;
const PATIENCE = 5;

/** @typedef {{text: string, away: number}} Code what a frame shows; `away`: distance from its centre, 0 to about 0.7 */

/**
 * Opens a camera and tells each code once: a code that stays in view, or comes back within two seconds, is not told
 * again. Of several codes in view only the one nearest the centre counts, so that a sheet of badges is no crowd.
 *
 * The page needs `script-src 'self' 'wasm-unsafe-eval'`.
 *
 * @param {HTMLVideoElement} video shows what the camera sees; should be `muted playsinline`
 * @param {(text: string) => void} onText
 * @param {{deviceId?: string, facing?: "environment" | "user", onLost?: () => void}} [options] which camera; `onLost`
 *   is called when the camera goes away by itself
 * @returns {Promise<{stop: () => void, pause: (on: boolean) => void, track: MediaStreamTrack}>} while paused nothing is
 *   told, and what is first seen then is told afterwards if it is still in view; rejects with getUserMedia's
 *   DOMException (NotAllowedError, NotFoundError, NotReadableError), or with a TypeError where there is no camera
 *   interface at all
 */
export async function startScanner(video, onText, { deviceId, facing = "environment", onLost } = {}) {
  const which = deviceId ? { deviceId: { exact: deviceId } } : { facingMode: { ideal: facing } };
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: false,
    video: { ...which, width: { ideal: 1280 }, height: { ideal: 720 } },
  });
  const [track] = stream.getVideoTracks();
  const seen = new Map();
  let stopped = false;
  let paused = false;
  let timer = 0;

  const stop = () => {
    stopped = true;
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", wake);
    for (const each of stream.getTracks()) each.stop();
    if (video.srcObject === stream) video.srcObject = null;
  };
  // Android pauses the picture of a hidden page and does not resume it by itself.
  const wake = () => {
    if (document.visibilityState === "visible" && !stopped) video.play().catch(() => {});
  };
  document.addEventListener("visibilitychange", wake);
  track.addEventListener("ended", () => {
    if (!stopped) onLost?.();
  });

  try {
    video.srcObject = stream;
    await video.play();
    const read = await reader();
    const look = async () => {
      if (ready(video)) tell(seen, await read(video).catch(() => []), () => (paused || stopped ? null : onText));
      if (!stopped) timer = setTimeout(look, PAUSE_MS);
    };
    look();
  } catch (failed) {
    stop();
    throw failed;
  }
  const pause = (on) => {
    paused = on;
  };
  return { stop, pause, track };
}

/** Also whether anybody can hold a code into the picture: reading one that is not shown costs a phone its battery.
 * @param {HTMLVideoElement} video */
function ready(video) {
  const seen = video.checkVisibility?.() ?? true;
  return seen && video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA && video.videoWidth > 0 && !document.hidden;
}

/**
 * @param {Map<string, number>} seen when each text was last in view
 * @param {Code[]} codes
 * @param {() => ((text: string) => void) | null} listener null: nobody listens now
 */
function tell(seen, codes, listener) {
  const now = performance.now();
  for (const [text, at] of seen) if (now - at > FORGET_MS) seen.delete(text);
  const [nearest] = codes.filter((code) => code.text).sort((a, b) => a.away - b.away);
  const onText = listener();
  const news = nearest && onText && !seen.has(nearest.text);
  if (news) seen.set(nearest.text, now);
  for (const code of codes) if (seen.has(code.text)) seen.set(code.text, now);
  if (news) onText(nearest.text);
}

/** @returns {Promise<(video: HTMLVideoElement) => Promise<Code[]>>} */
async function reader() {
  const native = await nativeReader();
  if (!native) return ownReader();
  let failures = 0;
  let own = null;
  return async (video) => {
    if (own) return own(video);
    try {
      const codes = await native(video);
      failures = 0;
      return codes;
    } catch {
      // Phones without Google's services have the interface, and every call of it fails.
      if (++failures >= PATIENCE) own = await ownReader();
      return [];
    }
  };
}

async function nativeReader() {
  if (!("BarcodeDetector" in globalThis)) return null;
  const formats = await globalThis.BarcodeDetector.getSupportedFormats().catch(() => []);
  if (!formats.includes("qr_code")) return null;
  const detector = new globalThis.BarcodeDetector({ formats: ["qr_code"] });
  return async (video) => {
    const found = await detector.detect(video);
    return found.map(({ rawValue, boundingBox: box }) => ({
      text: rawValue,
      away: away(box.x + box.width / 2, box.y + box.height / 2, video.videoWidth, video.videoHeight),
    }));
  };
}

async function ownReader() {
  const { prepareZXingModule, readBarcodes } = await import("./zxing/reader/index.js");
  const locateFile = (name) => new URL(`./zxing/reader/${name}`, import.meta.url).href;
  await prepareZXingModule({ overrides: { locateFile }, fireImmediately: true });
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d", { willReadFrequently: true });
  return async (video) => {
    const scale = Math.min(1, READ_SIDE / Math.max(video.videoWidth, video.videoHeight));
    canvas.width = Math.round(video.videoWidth * scale);
    canvas.height = Math.round(video.videoHeight * scale);
    context.drawImage(video, 0, 0, canvas.width, canvas.height);
    const pixels = context.getImageData(0, 0, canvas.width, canvas.height);
    const found = await readBarcodes(pixels, { formats: ["QRCode"], tryHarder: true, maxNumberOfSymbols: 4 });
    return found.filter((code) => code.isValid).map(({ text, position: { topLeft, bottomRight } }) => ({
      text,
      away: away((topLeft.x + bottomRight.x) / 2, (topLeft.y + bottomRight.y) / 2, canvas.width, canvas.height),
    }));
  };
}

function away(x, y, width, height) {
  return Math.hypot(x / width - 0.5, y / height - 0.5);
}

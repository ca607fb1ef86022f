/** Microphone and loudspeaker, as frames. Law: scripts for the audio thread come from this server, as the policy wants. */
import worklet from "./worklet.ts?worker&url";

export interface Speaker {
  play: (frame: ArrayBuffer) => void;
  /** Drops what was not played yet. */
  clear: () => void;
}
export interface Microphone {
  mute: (silent: boolean) => void;
  stop: () => void;
}

/** A context whose thread knows our processors; made in answer to a click, or it would stay silent. */
export async function openContext(): Promise<AudioContext> {
  const context = new AudioContext({ latencyHint: "interactive" });
  if (!context.audioWorklet) throw new Error("Browsers play live sound on https:// and localhost only: put TLS in front of this server.");
  await context.audioWorklet.addModule(worklet);
  await context.resume();
  return context;
}

export function speaker(context: AudioContext, rate: number, channels: number): Speaker {
  const node = new AudioWorkletNode(context, "speaker", { numberOfInputs: 0, outputChannelCount: [2], processorOptions: { rate, channels } });
  node.connect(context.destination);
  return { play: (frame) => node.port.postMessage(frame, [frame]), clear: () => node.port.postMessage("clear") };
}

/** Asks for the microphone; throws a sentence on what to do where there is none. */
export async function askMicrophone(): Promise<MediaStream> {
  if (!navigator.mediaDevices) throw new Error("Browsers give the microphone to https:// and localhost only: put TLS in front of this server.");
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true } });
  } catch (refused) {
    const none = refused instanceof DOMException && refused.name === "NotFoundError";
    throw new Error(none ? "There is no microphone here. Plug one in and try again." : "The browser keeps the microphone from this page. Allow it beside the address, and try again.");
  }
}

export function microphone(context: AudioContext, stream: MediaStream, rate: number, onFrame: (frame: ArrayBuffer, level: number) => void): Microphone {
  const source = context.createMediaStreamSource(stream);
  const node = new AudioWorkletNode(context, "microphone", { numberOfOutputs: 0, channelCount: 1, channelCountMode: "explicit", processorOptions: { rate, channels: 1 } });
  node.port.onmessage = ({ data }: MessageEvent<{ frame: ArrayBuffer; level: number }>) => onFrame(data.frame, data.level);
  source.connect(node);
  return {
    mute: (silent) => stream.getAudioTracks().forEach((track) => (track.enabled = !silent)),
    stop: () => {
      source.disconnect();
      stream.getTracks().forEach((track) => track.stop());
    },
  };
}

use super::*;
use std::time::Instant;
#[test]
fn first() {
    let d = ModelDirectory::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../models"));
    let t = Instant::now();
    let p = phonemes::Phonemes::load(&d).unwrap();
    println!("phonemes {:?}", t.elapsed()); let t = Instant::now();
    let h = hibari::Hibari::load(&d).unwrap();
    println!("hibari {:?}", t.elapsed()); let t = Instant::now();
    let m = moonshine::Moonshine::load(&d).unwrap();
    println!("moonshine {:?}", t.elapsed()); let t = Instant::now();
    let e = minilm::MiniLm::load(&d).unwrap();
    println!("minilm {:?}", t.elapsed()); let t = Instant::now();
    let s = smart_turn::SmartTurn::load(&d).unwrap();
    println!("turn {:?}", t.elapsed());
    let lane = models::Lane::new();
    for voice in hibari::VOICES { for text in ["Hello, this is Ava calling from Bright Smile Dental.", "Do you have a minute to talk about your appointment on Thursday?", "Your balance is one hundred twenty dollars and fifty cents.", "No, thank you.", "Could you please call me back tomorrow afternoon?"] {
        let words: Vec<String> = text.split(' ').map(str::to_owned).collect();
        let t = Instant::now();
        let ps = p.of(&words, &Default::default());
        let t1 = t.elapsed(); let t = Instant::now();
        let phon: String = ps.iter().map(|w| w.phonemes.clone() + " ").collect::<String>().trim().into();
        lane.run(|| {
        let sp = h.predict(&lane, &phon, voice.pace).unwrap().unwrap();
        let t2 = t.elapsed(); let t = Instant::now();
        let syn = hibari::Synthesis::at(8000);
        let out = syn.render(&sp, voice);
        let t3 = t.elapsed();
        let span = hibari::speech_span(&out, 80, 80);
        let rms = hibari::rms(&out[span.clone()]);
        let peak = out.iter().fold(0f32, |a, b| a.max(b.abs()));
        let f0: Vec<f32> = sp.f0.iter().copied().filter(|f| *f > 40.0).collect();
        let mf0 = f0.iter().sum::<f32>() / f0.len() as f32;
        let pcm = hibari::to_pcm(&out);
        let up = resample::to_float_at(&pcm, 8000, 16000);
        let t = Instant::now();
        let heard = m.transcribe(&lane, &up, &|| false).unwrap();
        let t4 = t.elapsed(); let t = Instant::now();
        let sc = s.score(&lane, &up).unwrap();
        let t5 = t.elapsed(); let t = Instant::now();
        let half = s.score(&lane, &up[..up.len()*55/100]).unwrap();
        let _v = e.embed(&lane, text).unwrap();
        println!("{} | {phon} | {:?} | len {} span {span:?} rms {rms:.3} peak {peak:.3} f0 {mf0:.0} turn {sc:.2} {half:.2}| g2p {t1:?} net {t2:?} dsp {t3:?} stt {t4:?} turn {t5:?} emb {:?}", voice.name, heard, out.len(), t.elapsed());
        });
    } }
}

/** The text editor, in a chunk of its own. */
import { json } from "@codemirror/lang-json";
import { yaml } from "@codemirror/lang-yaml";
import CodeMirror, { EditorView } from "@uiw/react-codemirror";
import { useDark } from "~/data/theme";

const LANGUAGES = { json: json(), yaml: yaml() };

/** The ground and the gutter are ours, so that text on them keeps its contrast. */
const GROUND = EditorView.theme({
  "&": { backgroundColor: "rgb(var(--panel)) !important" },
  ".cm-gutters": { backgroundColor: "rgb(var(--panel)) !important", color: "rgb(var(--dim)) !important" },
});

interface Props {
  value: string;
  language: keyof typeof LANGUAGES;
  onChange?: (text: string) => void;
  height?: string;
  label: string;
}

export default function Editor({ value, language, onChange, height = "auto", label }: Props) {
  const dark = useDark();
  const extensions = [GROUND, LANGUAGES[language], EditorView.lineWrapping, EditorView.contentAttributes.of({ "aria-label": label })];
  return (
    <CodeMirror
      value={value}
      theme={dark ? "dark" : "light"}
      height={height}
      extensions={extensions}
      readOnly={!onChange}
      onChange={onChange}
      onCreateEditor={(view) => {
        view.scrollDOM.tabIndex = 0;
      }}
    />
  );
}

/** A few choices of which one counts, as buttons in a row: arrow keys go from one to the next. */
import { h } from '../../common/dom';

export interface ChoiceButtons<V extends string> {
  readonly element: HTMLElement;
  readonly value: V;
}

/** @param choices value, label and what it means; the first one is chosen. */
export function choiceButtons<V extends string>(label: string, choices: readonly (readonly [V, string, string])[], onChoose: (value: V) => void): ChoiceButtons<V> {
  let value = choices[0]![0];
  const buttons = choices.map(([name, text, title]) => h('button', { class: 'choice', title, attributes: { type: 'button', role: 'radio', 'data-choice': name }, on: { click: () => choose(name) } }, text));
  const show = (): void => buttons.forEach((button, i) => {
    const chosen = choices[i]![0] === value;
    button.setAttribute('aria-checked', String(chosen));
    button.tabIndex = chosen ? 0 : -1;
  });
  const choose = (name: V): void => {
    if (name === value) return;
    value = name;
    show();
    onChoose(name);
  };
  const element = h('div', {
    class: 'choices', attributes: { role: 'radiogroup', 'aria-label': label },
    on: {
      keydown: (event) => {
        const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
        if (step === undefined) return;
        event.preventDefault();
        const next = (choices.findIndex(([name]) => name === value) + step + choices.length) % choices.length;
        choose(choices[next]![0]);
        buttons[next]!.focus();
      },
    },
  }, ...buttons);
  show();
  return { element, get value() { return value; } };
}

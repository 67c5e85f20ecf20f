import type { ModelView } from '../protocol/chat.ts';
import type { LiveAnswer } from './chat/liveAnswer.ts';
import type { Translate } from './translate.ts';

export interface StatusText {
  /** With codicons, for the eye. */
  readonly text: string;
  readonly tooltip: string;
  /** For screen readers, without codicons. */
  readonly label: string;
  readonly command: string;
  readonly isError: boolean;
}

/** What the status bar says, and what a click does about it. */
export function statusText(t: Translate, model: ModelView, live: LiveAnswer | undefined): StatusText {
  if (live !== undefined && model.status === 'ready') return busyText(t, model.name, live);
  switch (model.status) {
    case 'none':
      return say(
        'circle-slash',
        t('No model'),
        t('Glassbox: the model that comes with it is missing. Click to choose another.'),
        'glassbox.chooseModel',
      );
    case 'unloaded':
      return say(
        'circle-outline',
        model.name,
        t('Glassbox: {0} is loaded with the first question. Click to open the chat.', model.name),
        'glassbox.focusChat',
      );
    case 'loading': {
      const percent = Math.floor(model.fraction * 100);
      return say(
        'loading~spin',
        model.trying === undefined ? t('Loading {0} %', percent) : t('Measuring {0} %', percent),
        model.trying === undefined
          ? t('Glassbox: {0} is being loaded, {1} % done. Click to open the chat.', model.name, percent)
          : t(
              'Glassbox: how fast {0} runs on {1} is being measured, {2} % done. Click to open the chat.',
              model.name,
              model.trying,
              percent,
            ),
        'glassbox.focusChat',
      );
    }
    case 'ready':
      return say(
        'pass',
        model.name,
        t(
          'Glassbox: {0} is ready. {1}. {2}. Click to open the chat.',
          model.name,
          model.description,
          model.runtime,
        ),
        'glassbox.focusChat',
      );
    case 'error':
      return {
        ...say(
          'error',
          t('Model failed'),
          t('Glassbox: {0} Click to see what the engine printed.', model.message),
          'glassbox.showEngineOutput',
        ),
        isError: true,
      };
    default:
      return model satisfies never;
  }
}

function busyText(t: Translate, name: string, { status, tokensPerSecond }: LiveAnswer): StatusText {
  const speed = tokensPerSecond === undefined ? '' : ` ${t('{0} tokens/s', tokensPerSecond.toFixed(1))}`;
  const what =
    status.kind === 'thinking'
      ? t('Thinking')
      : status.kind === 'answering'
        ? t('Answering')
        : t('Reading the question');
  return say(
    'loading~spin',
    `${what}${speed}`,
    t('Glassbox: {0} is at work. Click to open the chat.', name),
    'glassbox.focusChat',
  );
}

function say(icon: string, text: string, tooltip: string, command: string): StatusText {
  return { text: `$(${icon}) ${text}`, tooltip, label: `Glassbox: ${text}`, command, isError: false };
}

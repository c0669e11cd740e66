import type { ComponentChildren, VNode } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { useText } from '../context.ts';
import { X } from '../icons.ts';
import { Button, IconButton } from './Button.tsx';
import './Dialog.css';

interface DialogProps {
  title: string;
  children: ComponentChildren;
  onClose: () => void;
  isTitleHidden?: boolean;
  size?: 'small' | 'medium';
}

/** The browser's modal dialog: focus moves in and stays, Escape closes, focus returns. */
export function Dialog(props: DialogProps): VNode {
  const text = useText();
  const id = useId();
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    const dialog = element.current;
    dialog?.showModal();
    return () => {
      dialog?.close();
      const isSomewhere = before instanceof HTMLElement && before !== document.body;
      const back = isSomewhere && before.isConnected ? before : document.getElementById('main');
      back?.focus({ preventScroll: true });
    };
  }, []);
  return (
    <dialog
      ref={element}
      class={`dialog dialog-${props.size ?? 'small'}`}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        props.onClose();
      }}
      onPointerDown={(event) => {
        if (event.target === element.current) props.onClose();
      }}
    >
      <div class="dialog-inside">
        <header class={props.isTitleHidden === true ? 'hidden-text' : 'dialog-header'}>
          <h2 id={id} class="dialog-title">
            {props.title}
          </h2>
          {props.isTitleHidden !== true && (
            <IconButton icon={X} label={text.t('common.close')} onClick={props.onClose} />
          )}
        </header>
        {props.children}
      </div>
    </dialog>
  );
}

interface ConfirmProps {
  title: string;
  text: string;
  confirm: string;
  kind?: 'danger' | 'primary';
  children?: ComponentChildren;
  onConfirm: () => void;
  onClose: () => void;
}

/** Asks before something that cannot be undone, and says what goes and what stays. */
export function Confirm(props: ConfirmProps): VNode {
  const text = useText();
  return (
    <Dialog title={props.title} onClose={props.onClose}>
      <p>{props.text}</p>
      {props.children}
      <div class="dialog-actions">
        <Button onClick={props.onClose} autoFocus>
          {text.t('common.cancel')}
        </Button>
        <Button
          kind={props.kind ?? 'danger'}
          onClick={() => {
            props.onClose();
            props.onConfirm();
          }}
        >
          {props.confirm}
        </Button>
      </div>
    </Dialog>
  );
}

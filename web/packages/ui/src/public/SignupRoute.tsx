import { createSignup } from '@crypho/model';
import type { VNode } from 'preact';
import { useEffect } from 'preact/hooks';
import { useOwnModel, useSurroundings } from '../context.ts';
import { Signup } from './Signup.tsx';

/** Signing up, from the start or from the link in the mail. */
export function SignupRoute({ token }: { token?: string }): VNode {
  const { services, text } = useSurroundings();
  const model = useOwnModel(() => createSignup(services, text.tag));
  useEffect(() => {
    if (token !== undefined) void model.actions.open(token);
  }, [token]);
  useEffect(() => model.actions.setLanguage(text.tag), [text.tag]);
  return <Signup model={model} />;
}

import { type FormFields, fieldsOf } from '../form.js';
import { Headers } from '../headers.js';
import { bodyOfBlob } from './body-stream.js';
import { type Part, withFormLineBreaks } from './multipart.js';

/** The fields of a form that is sent as multipart, since it has files too; as they are. */
export function partsOfFields(fields: FormFields): Part[] {
  return Array.from(fieldsOf(fields, 'data'), ([name, body]) => ({ name: String(name), body }));
}

/** As fetch sends it (Fetch §5, "extract a body"). */
export function partsOfFormData(form: FormData): Part[] {
  return Array.from(form, ([name, value]) => {
    if (typeof value === 'string') return { name, body: withFormLineBreaks(value) };
    const headers = new Headers({ 'Content-Type': value.type || 'application/octet-stream' });
    return { name, filename: value.name, headers, body: bodyOfBlob(value) };
  });
}

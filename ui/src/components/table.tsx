/** A plain table for lists that fit on a few pages. */
import type { ReactNode } from "react";
import { Button, cx } from "./basics";

export interface Column<T> {
  name: string;
  cell: (row: T) => ReactNode;
  right?: boolean;
  /** Kept off narrow screens. */
  wide?: boolean;
}

export function Table<T>({ rows, columns, of, onOpen }: { rows: T[]; columns: Column<T>[]; of: (row: T) => string; onOpen?: (row: T) => void }) {
  return (
    <div className="overflow-x-auto">
      <table className="w-full border-collapse">
        <thead>
          <tr className="border-b border-line">
            {columns.map((column) => (
              <th key={column.name} scope="col" className={cx("cell text-xs font-medium text-dim", column.right && "text-right", column.wide && "max-lg:hidden")}>
                {column.name || <span className="sr-only">Actions</span>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={of(row)} onClick={onOpen && (() => onOpen(row))} className={cx("border-b border-line last:border-0 hover:bg-raised/60", onOpen && "cursor-pointer")}>
              {columns.map((column) => (
                <td key={column.name} className={cx("cell max-w-[34ch]", column.right && "text-right", column.wide && "max-lg:hidden")}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function More({ query }: { query: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown } }) {
  if (!query.hasNextPage) return null;
  return (
    <div className="flex justify-center border-t border-line p-2">
      <Button kind="ghost" busy={query.isFetchingNextPage} onClick={() => query.fetchNextPage()}>
        Load more
      </Button>
    </div>
  );
}
